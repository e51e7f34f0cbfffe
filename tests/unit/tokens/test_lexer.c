/* Tokens are written as `type:text`, separated by a bar, with a blank in front of the type where space_before
 * is set. */
#include <stdio.h>

#include "tokens_test.h"

static const char *const type_names[] = { "end",   "word",  "quoted", "string", "number", "variable",
                                          "param", "punct", "assign", "hint",   "bad" };

static unsigned lex(const char *sql, size_t len, const char *dialect_name, char *text, size_t size)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct span copy = exact_copy(span_of(sql, len));
    struct lexer lexer;
    struct token token;
    size_t used = 0;
    lexer_begin(&lexer, copy, &dialect);
    *text = '\0';
    while ((token = lexer_next(&lexer)).type != TOKEN_END && used < size)
        used += (size_t)snprintf(text + used, size - used, "%s%s%s:%.*s", used > 0 ? "|" : "",
                                 token.space_before ? " " : "", type_names[token.type], (int)token.text.len,
                                 (const char *)token.text.data);
    assert_int_equal(lexer_next(&lexer).type, TOKEN_END); /* every further call ends, too */
    drop_copy(copy);
    return lexer.doubts;
}

struct row {
    const char *sql;
    const char *dialect;
    const char *tokens;
    unsigned doubts;
};

#define EXECUTABLE SQL_DOUBT_EXECUTABLE
#define CHARSET SQL_DOUBT_CHARSET
#define BAD SQL_DOUBT_BAD

static const struct row words_and_numbers[] = {
    { "", "unknown", "", 0 },
    { " \t\r\n\v\f", "unknown", "", 0 },
    { "select a1,_b,$c", "unknown", "word:select| word:a1|punct:,|word:_b|punct:,|word:$c", 0 },
    { "1 1.5 .5 1. 1e5 1e+5 1E-5 1.5e3", "unknown",
      "number:1| number:1.5| number:.5| number:1.| number:1e5| number:1e+5| number:1E-5| number:1.5e3", 0 },
    { "0x1F 0b01 0X1F 0xG 0b2 0x", "unknown",
      "number:0x1F| number:0b01| word:0X1F| word:0xG| word:0b2| word:0x", 0 },
    { "0x1F.a 0b1.5 0b1.a", "unknown",
      "number:0x1F|punct:.|word:a| number:0b1|number:.5| number:0b1|punct:.|word:a", 0 },
    { "1a 1e 1e+ 1ea", "unknown", "word:1a| word:1e| word:1e|punct:+| word:1ea", 0 },
    { "1.5for 1.for", "unknown", "number:1.5|word:for| number:1.|word:for", 0 },
    { "t.1 t.1for t.1e5 t .5", "unknown",
      "word:t|punct:.|word:1| word:t|punct:.|word:1for| word:t|punct:.|word:1e5| word:t| number:.5", 0 },
    { "a.b.c", "unknown", "word:a|punct:.|word:b|punct:.|word:c", 0 },
    { "a.x'1'", "unknown", "word:a|punct:.|word:x|string:'1'", 0 },
    { "`t`.5", "unknown", "quoted:`t`|number:.5", 0 },
    { "n\xC3\xA4me", "unknown", "word:n\xC3\xA4me", 0 },
    { "voil\xC3\xA0", "unknown", "word:voil\xC3\xA0", CHARSET },
    { "voil\xC3\xA0", "utf8", "word:voil\xC3\xA0", 0 },
    { "\\N \\x", "unknown", "word:\\N| bad:\\|word:x", BAD },
    { "<=> != || && :: -> ->>", "unknown",
      "punct:<|punct:=|punct:>| punct:!|punct:=| punct:||punct:|| punct:&|punct:&| punct::|punct::| "
      "punct:-|punct:>| "
      "punct:-|punct:>|punct:>",
      0 },
    { "a:=1", "unknown", "word:a|assign::=|number:1", 0 },
    { "? {x} [y]", "unknown", "param:?| punct:{|word:x|punct:}| punct:[|word:y|punct:]", 0 },
    { "a\001b", "unknown", "word:a|bad:\001|word:b", BAD },
};

static const struct row strings_and_names[] = {
    { "'a' \"b\" `c`", "unknown", "string:'a'| string:\"b\"| quoted:`c`", 0 },
    { "'a''b' \"a\"\"b\" `a``b`", "unknown", "string:'a''b'| string:\"a\"\"b\"| quoted:`a``b`", 0 },
    { "'a\\'b' \"a\\\"b\"", "unknown", "string:'a\\'b'| string:\"a\\\"b\"", 0 },
    { "'a\\' b", "nobackslash", "string:'a\\'| word:b", 0 },
    { "`a\\` b", "unknown", "quoted:`a\\`| word:b", 0 },
    { "\"a\\\" b", "ansi", "quoted:\"a\\\"| word:b", 0 },
    { "\"a\" 'b'", "ansi", "quoted:\"a\"| string:'b'", 0 },
    { "N'a' n'b\\'c' N \"a\"", "unknown", "string:N'a'| string:n'b\\'c'| word:N| string:\"a\"", 0 },
    { "x'1F' X'' b'01'", "unknown", "string:x'1F'| string:X''| string:b'01'", 0 },
    { "_utf8'a' y'b'", "unknown", "word:_utf8|string:'a'| word:y|string:'b'", 0 },
    { "''", "unknown", "string:''", 0 },
    { "'a", "unknown", "bad:'a", BAD },
    { "'a''", "unknown", "bad:'a''", BAD },
    { "'a\\", "unknown", "bad:'a\\", BAD },
    { "`a", "unknown", "bad:`a", BAD },
    { "x'1G'", "unknown", "bad:x'1|word:G|bad:'", BAD },
    { "'\xBF\\'' x", "unsafe", "string:'\xBF\\''| word:x", CHARSET },
    { "'x'", "unsafe", "string:'x'", 0 },
};

/* Combinations of modes, as the servers read them. */
static const struct row modes[] = {
    { "N'\\', 1", "nobackslash", "string:N'\\'|punct:,| number:1", 0 },
    { "@'a\\', 1", "nobackslash", "variable:@'a\\'|punct:,| number:1", 0 },
    { "'a\\', \"b\\\"", "ansi+nobackslash", "string:'a\\'|punct:,| quoted:\"b\\\"", 0 },
    { "'a\\'', \"b\\\"", "ansi", "string:'a\\''|punct:,| quoted:\"b\\\"", 0 },
    { "@\"a\\\", 2", "ansi", "variable:@\"a\\\"|punct:,| number:2", 0 },
    { "@\"a\\\"b\", 2", "unknown", "variable:@\"a\\\"b\"|punct:,| number:2", 0 },
    { "@@session.\"sql_mode\"", "ansi", "variable:@@session|punct:.|quoted:\"sql_mode\"", 0 },
    { "N\"a\"", "ansi", "word:N|quoted:\"a\"", 0 },
    { "\"a'b\" \"c\"\"d\" `e\"f`", "ansi", "quoted:\"a'b\"| quoted:\"c\"\"d\"| quoted:`e\"f`", 0 },
    { "q'[a]' a#b", "oracle+ansi+mariadb", "word:q|string:'[a]'| word:a", 0 },
    { ":a c%ISOPEN a||b", "oracle+ansi+mariadb",
      "punct::|word:a| word:c|punct:%|word:ISOPEN| word:a|punct:||punct:||word:b", 0 },
};

static const struct row variables[] = {
    { "@a @a.b @`x` @'y' @\"z\"", "unknown",
      "variable:@a| variable:@a.b| variable:@`x`| variable:@'y'| variable:@\"z\"", 0 },
    { "@@a @@global.b @@`c`", "unknown", "variable:@@a| variable:@@global|punct:.|word:b| variable:@@`c`",
      0 },
    { "@ @@", "unknown", "variable:@| variable:@@", 0 },
    { "u@h u@'h'", "unknown", "word:u|variable:@h| word:u|variable:@'h'", 0 },
    { "@'a", "unknown", "bad:@'a", BAD },
};

static const struct row comments[] = {
    { "a/**/b", "unknown", "word:a| word:b", 0 },
    { "a/* ' */b", "unknown", "word:a| word:b", 0 },
    { "a/* /* */b", "unknown", "word:a| word:b", 0 },
    { "a -- b\nc", "unknown", "word:a| word:c", 0 },
    { "a --\nc", "unknown", "word:a| word:c", 0 },
    { "a --", "unknown", "word:a", 0 },
    { "a --\tb", "unknown", "word:a", 0 },
    { "a --1", "unknown", "word:a| punct:-|punct:-|number:1", 0 },
    { "a -- b\rc", "unknown", "word:a", 0 },
    { "a --\xA0 b", "unknown", "word:a| punct:-|punct:-|word:\xA0| word:b", CHARSET },
    { "a#b\nc", "unknown", "word:a| word:c", 0 },
    { "a*/b", "unknown", "word:a|punct:*|punct:/|word:b", 0 },
    { "a/b", "unknown", "word:a|punct:/|word:b", 0 },
    { "a/*/", "unknown", "word:a| bad:", BAD },
    { "/*", "unknown", " bad:", BAD },
    { "/*+ SET_VAR(a=1) */ b", "unknown", "hint:/*+ SET_VAR(a=1) */| word:b", 0 },
    { "/*+ `a` */", "unknown", "hint:/*+ `a` */", 0 },
    { "/*+ `a */", "unknown", "bad:/*+ `a */", BAD },
    { "/*+", "unknown", "bad:/*+", BAD },
};

static const struct row executable_comments[] = {
    { "a/*! b */c", "unknown", "word:a| word:b| word:c", 0 },
    { "a/*!*/b", "unknown", "word:a| word:b", 0 },
    { "a/*!50000b*/", "unknown", "word:a| word:b", 0 },
    { "a/*!50000 1*/", "unknown", "word:a| number:1", 0 },
    { "a/*!40101SET*/", "mariadb", "word:a| word:SET", 0 },
    { "a/*!40101'*/'*/b", "mysql", "word:a| string:'*/'| word:b", 0 },
    { "a/*!1 */", "unknown", "word:a| number:1", 0 },
    { "a/*!4010*/", "mysql", "word:a| number:4010", 0 },
    { "a/*! 99999 */", "mariadb", "word:a| number:99999", 0 },
    { "a/*m! b */", "mariadb", "word:a", 0 },
    { "a/*M b */", "mariadb", "word:a", 0 },
    { "/*! a", "unknown", " word:a|bad:", BAD },
    { "/*! 'a */' */", "unknown", " string:'a */'", 0 },
    { "/* /*! a */", "unknown", "", 0 },
    { "a/*! -- */\nb*/c", "unknown", "word:a| word:b| word:c", 0 },
};

/* The same two letters after each version comment; `?` where there is a doubt. */
static const struct {
    const char *open;
    const char *mariadb, *mysql, *unknown;
} versions[] = {
    { "/*!00000", "code", "code", "code" },
    { "/*!40101", "code", "code", "code" },
    { "/*!50699", "code", "code", "code" },
    { "/*!50700", "comment", "code", "?" },
    { "/*!80000", "comment", "code", "?" },
    { "/*!80001", "comment", "?", "?" },
    { "/*!99999", "comment", "?", "?" },
    { "/*!000000", "code", "?", "?" },
    { "/*!050699", "code", "?", "?" },
    { "/*!050700", "comment", "?", "?" },
    { "/*!080000", "comment", "?", "?" },
    { "/*!099999", "comment", "?", "?" },
    { "/*!100000", "code", "?", "?" },
    { "/*!100600", "code", "?", "?" },
    { "/*!100601", "?", "?", "?" },
    { "/*!989999", "?", "?", "?" },
    { "/*!990000", "comment", "comment", "comment" },
    { "/*!999999", "comment", "comment", "comment" },
    { "/*M!", "code", "comment", "?" },
    { "/*M!00000", "code", "comment", "?" },
    { "/*M!50700", "code", "comment", "?" },
    { "/*M!99999", "code", "comment", "?" },
    { "/*M!100600", "code", "comment", "?" },
    { "/*M!100601", "?", "comment", "?" },
    { "/*M!989999", "?", "comment", "?" },
    { "/*M!990000", "comment", "comment", "?" },
};

/* The character after six digits: MySQL takes six digits for a version only before a blank. */
static const struct row sixth_digits[] = {
    { "a/*!100500b*/", "mariadb", "word:a| word:b", 0 },
    { "a/*!100500b*/", "mysql", "word:a| word:0b", 0 },
    { "a/*!1005001*/", "mariadb", "word:a| number:1", 0 },
    { "a/*!1005001*/", "mysql", "word:a| number:01", 0 },
    { "a/*!999999b*/", "mysql", "word:a| word:9b", EXECUTABLE },
    { "a/*!401012*/", "mysql", "word:a| number:2", 0 },
    { "a/*!401012 */", "mysql", "word:a", EXECUTABLE },
    { "a/*!401012\n*/", "mysql", "word:a", EXECUTABLE },
    { "a/*!401012\xA0*/", "mysql", "word:a| word:2\xA0", EXECUTABLE | CHARSET },
    { "a/*!401012*/", "unknown", "word:a", EXECUTABLE },
    { "a/*!080001 1*/", "mysql", "word:a| number:1", EXECUTABLE },
    { "a/*!401012", "mysql", "word:a| number:2|bad:", BAD },
};

/* A comment whose text is run ends at the first close. A comment that is skipped may contain others, one
 * level deep. */
static const struct row nested_comments[] = {
    { "/*! a /* b */ c */ d", "unknown", " word:a| word:c| word:d", 0 },
    { "/*! a /*! b */ c */", "unknown", " word:a| word:b| word:c| punct:*|punct:/", 0 },
    { "a/*!40101 b/*!40101 */ c", "unknown", "word:a| word:b| word:c", 0 },
    { "/*!40101 a /*!99999 b */ c */", "mariadb", " word:a| word:c", 0 },
    { "/*!40101 a /*M! b */ c */", "mysql", " word:a| word:c", 0 },
    { "/*!99999 a /*!40101 b */ c */ d", "mariadb", " word:d", 0 },
    { "/*!99999 a /* /* b */ c */ d", "mariadb", " word:d", 0 },
    { "/*!99999 a /*/ b */ c */ d", "mariadb", " word:d", 0 },
    { "/*!99999/*b*//*c*/*/d", "mariadb", " word:d", 0 },
    { "/*!99999 '*/d", "mariadb", " word:d", 0 },
    { "/*!99999 -- */d", "mariadb", " word:d", 0 },
    { "/*!99999 /* a */ d", "mariadb", " bad:", BAD },
    { "/*!99999", "mariadb", " bad:", BAD },
    { "/*!99999 *", "mariadb", " bad:", BAD },
    { "/*M!999999 /* a */ b", "mysql", " word:b", 0 },
    { "/*M!999999 /* a */ b */ c", "mariadb", " word:c", 0 },
};

/* After a semicolon a server begins a new text, outside any comment. */
static const struct row semicolons[] = {
    { "/*! a ; b */", "unknown", " word:a| punct:;| word:b", 0 },
    { "/*! a ; b */", "multi", " word:a| punct:;| word:b", EXECUTABLE },
    { "/*! a */ ; b", "multi", " word:a| punct:;| word:b", 0 },
    { "/*!99999 ; */ b", "multi+mariadb", " word:b", 0 },
};

static const struct row dollars[] = {
    { "$$a'b$$", "mysql", "string:$$a'b$$", BAD },
    { "$t$a $$ b$t$ c", "mysql", "string:$t$a $$ b$t$| word:c", BAD },
    { "$t$ ' $T$ $t$ c", "mysql", "string:$t$ ' $T$ $t$| word:c", BAD },
    { "$\xC3\xA9$ ' $\xC3\xA9$ c", "mysql+utf8", "string:$\xC3\xA9$ ' $\xC3\xA9$| word:c", BAD },
    { "$1$ \\$1$ c", "mysql", "string:$1$ \\$1$| word:c", BAD },
    { "$$ ' $a$$ c", "mysql", "string:$$ ' $a$$| word:c", BAD },
    { "$$a$$ $$$$", "mysql", "string:$$a$$| string:$$$$", BAD },
    { "$a-b$ x $a-b$", "mysql", "word:$a|punct:-|word:b$| word:x| word:$a|punct:-|word:b$", 0 },
    { "1$$ x$$ @$$ x$$ t.$$ x$$", "mysql",
      "word:1$$| word:x$$| variable:@$$| word:x$$| word:t|punct:.|word:$$| word:x$$", 0 },
    { "$$ a $$", "mariadb", "word:$$| word:a| word:$$", 0 },
    { "$$ a $$", "unknown", "word:$$| word:a| word:$$", BAD },
    { "$$", "mysql", "word:$$", 0 },
    { "$$", "unknown", "word:$$", 0 },
    { "$a $b", "mysql", "word:$a| word:$b", 0 },
    { "a$$b$$", "mysql", "word:a$$b$$", 0 },
    { "$a$ $b$", "mysql", "word:$a$| word:$b$", BAD },
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[1024];
        unsigned doubts = lex(rows[i].sql, strlen(rows[i].sql), rows[i].dialect, text, sizeof text);
        assert_string_equal(text, rows[i].tokens);
        if (doubts != rows[i].doubts)
            fail_msg("%s: doubts %u", rows[i].sql, doubts);
    }
}

#define TABLE_TEST(table)                                                                                    \
    TEST(table##_are_read)                                                                                   \
    {                                                                                                        \
        check(table, sizeof table / sizeof table[0]);                                                        \
    }
TABLE_TEST(words_and_numbers)
TABLE_TEST(strings_and_names)
TABLE_TEST(modes)
TABLE_TEST(variables)
TABLE_TEST(comments)
TABLE_TEST(executable_comments)
TABLE_TEST(sixth_digits)
TABLE_TEST(nested_comments)
TABLE_TEST(semicolons)
TABLE_TEST(dollars)

static void check_version(const char *open, const char *family, const char *fate)
{
    char sql[32], text[64];
    snprintf(sql, sizeof sql, "a%s b*/c", open);
    unsigned doubts = lex(sql, strlen(sql), family, text, sizeof text);
    bool is_comment = strcmp(fate, "comment") == 0;
    if (doubts != (*fate == '?' ? EXECUTABLE : 0u))
        fail_msg("%s on %s: doubts %u", sql, family, doubts);
    if (strcmp(text, is_comment ? "word:a| word:c" : "word:a| word:b| word:c") != 0)
        fail_msg("%s on %s: %s", sql, family, text);
}

TEST(versions_are_code_where_all_servers_run_them)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        check_version(versions[i].open, "mariadb", versions[i].mariadb);
        check_version(versions[i].open, "mysql", versions[i].mysql);
        check_version(versions[i].open, "unknown", versions[i].unknown);
    }
}

TEST(nul_is_bad_and_does_not_end_the_text)
{
    char text[64];
    assert_int_equal(lex("a\0b", 3, "unknown", text, sizeof text), SQL_DOUBT_BAD);
    assert_string_equal(text, "word:a|bad:|word:b"); /* printing leaves out the NUL */
}

TEST(every_truncation_stays_inside)
{
    static const char sql[] =
        "SELECT /*!50000 1.5e+3 */ x'1F', @@global.a, @`b`, 'c''\\'', $$d$$ -- e\n /*+ f */ .5 := #";
    for (size_t len = 0; len < sizeof sql; len++) {
        char text[2048];
        (void)lex(sql, len, "mysql", text, sizeof text);
    }
}

TEST(nothing_is_a_text_too)
{
    struct sql_dialect dialect = { 0 };
    struct lexer lexer;
    lexer_begin(&lexer, (struct span){ NULL, 0 }, &dialect);
    assert_int_equal(lexer_next(&lexer).type, TOKEN_END);
}

/* The mark must be the first word of a plain comment; the text given to lexer_begin is the whole statement.
 */
TEST(comments_that_begin_with_the_mark_are_noted)
{
    static const struct {
        const char *sql;
        bool has_hint;
    } rows[] = {
        { "SELECT 1", false },
        { "/*headgate:*/SELECT 1", true },
        { "/* \t\n HeadGate:x */ SELECT 1", true },
        { "SELECT 1 /* headgate:x", true },
        { "SELECT 1 -- headgate:x", true },
        { "SELECT 1 --\theadgate:x", true },
        { "SELECT 1 -- \nheadgate:x", false },
        { "SELECT 1 #headgate:x", true },
        { "SELECT 1 #\nheadgate:x", false },
        { "SELECT 1 /* headgate */", false },
        { "SELECT 1 /* headgate", false },
        { "SELECT 1 # headgate", false },
        { "SELECT 1 /* a headgate:x */", false },
        { "SELECT 1 /*! 1 /*headgate:x*/ */", false },
        { "SELECT 1 /*! 1 */ /*headgate:x*/", true },
        { "SELECT '/* headgate:x */'", false },
        { "SELECT 1 /*   ", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sql_dialect dialect = dialect_named("mariadb");
        struct span copy = exact_copy(span_cstr(rows[i].sql));
        struct lexer lexer;
        lexer_begin(&lexer, copy, &dialect);
        while (lexer_next(&lexer).type != TOKEN_END)
            ;
        assert_row(lexer.has_hint == rows[i].has_hint, "%s", rows[i].sql);
        drop_copy(copy);
    }
}

RUN_TESTS(NULL, NULL)
