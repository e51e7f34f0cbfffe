#include "state/user_variables.h"

#include "../base/unit.h"

#include "base/mem.h"
#include "mysql/wire.h"

static void assert_said(const struct uservars *vars, uint64_t since, const char *want)
{
    struct text out = { 0 };
    user_variables_say(vars, since, &out);
    assert_row(strcmp(text_cstr(&out), want) == 0, "%s", text_cstr(&out));
    text_fini(&out);
}

TEST(names_are_taken_from_tokens_that_can_be_said_again)
{
    static const struct {
        const char *token, *name; /* NULL: refused */
    } rows[] = {
        { "@a", "a" },       { "@a.b$c_d", "a.b$c_d" }, { "@`a b`", "a b" },
        { "@'a b'", "a b" }, { "@\"a\"", "a" },         { "@1", "1" },
        { "@", NULL },       { "@@a", NULL },           { "@``", NULL },
        { "@`a``b`", NULL }, { "@'it''s'", NULL },      { "@`a\\`", NULL },
        { "@`a `", NULL },   { "@\xc3\xa9", NULL },     { "@`", NULL },
        { "@`a\nb`", NULL }, { "@`~a !`", "~a !" },     { "@`a\x7f`", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span name;
        bool is_fine = user_variables_name(span_cstr(rows[i].token), &name);
        assert_row(is_fine == (rows[i].name != NULL), "%s", rows[i].token);
        assert_row(!is_fine || span_is(name, rows[i].name), "%s", rows[i].token);
    }
}

/* Runs steps in order: "a=1" assigned, "a?" mentioned, "a~" forgotten, "*" all forgotten, "'" all strings
 * forgotten, "!" stored code may have set others. */
static void do_steps(struct uservars *vars, const char *steps)
{
    char copy[200], *rest = copy;
    assert_true(span_copy_cstr(span_cstr(steps), copy, sizeof copy));
    for (char *step = strtok_r(copy, " ", &rest); step != NULL; step = strtok_r(NULL, " ", &rest)) {
        struct span name = span_of(step, 1);
        if (step[0] == '*')
            user_variables_forget_all(vars);
        else if (step[0] == '\'')
            user_variables_forget_strings(vars);
        else if (step[0] == '!')
            vars->has_others = true;
        else if (step[1] == '=')
            user_variables_assign(vars, name, span_cstr(step + 2));
        else if (step[1] == '?')
            user_variables_mention(vars, name);
        else
            user_variables_forget(vars, name);
    }
}

TEST(what_is_known_is_said)
{
    static const struct {
        const char *steps, *said;
        bool is_known;
    } rows[] = {
        { "", "", true },
        { "a?", "", true },
        { "a=1", "SET @`a`=1", true },
        { "a=1 b='x' A=2", "SET @`a`=2,@`b`='x'", true },
        { "a=1 a~", "", false },
        { "a=1 b=2 a~", "SET @`b`=2", false },
        { "a=1 a~ a=3", "SET @`a`=3", true },
        { "a=NULL", "SET @`a`=NULL", true },
        { "a=1 a=NULL", "", false }, /* the variable keeps its integer type */
        { "a? a=NULL", "", false },
        { "! a=NULL", "", false },
        { "a=1 b='x' '", "SET @`a`=1", false },
        { "a=1 b=_latin1 '", "SET @`a`=1,@`b`=_latin1", true },
        { "a=1 b=2 *", "", false },
        { "a=1 !", "SET @`a`=1", false },
        { "! a?", "", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct uservars vars = { 0 };
        do_steps(&vars, rows[i].steps);
        assert_row(user_variables_are_known(&vars) == rows[i].is_known, "%s", rows[i].steps);
        assert_said(&vars, 0, rows[i].said);
        user_variables_fini(&vars);
    }
}

TEST(only_what_is_newer_is_said)
{
    struct uservars vars = { 0 };
    do_steps(&vars, "a=1 b=2");
    uint64_t told = vars.version;
    do_steps(&vars, "c=3 a=4");
    assert_said(&vars, told, "SET @`a`=4,@`c`=3");
    assert_said(&vars, vars.version, "");
    told = vars.version;
    user_variables_clear(&vars);
    assert_true(vars.version > told && user_variables_are_known(&vars));
    assert_said(&vars, 0, "");
    user_variables_fini(&vars);
}

TEST(names_have_64_bytes_at_most)
{
    char token[66] = "@";
    struct span name;
    memset(token + 1, 'a', 65);
    assert_true(user_variables_name(span_of(token, 65), &name) && name.len == 64);
    assert_false(user_variables_name(span_of(token, 66), &name));
}

TEST(too_many_or_too_much_is_not_followed)
{
    struct uservars vars = { 0 };
    static char long_value[USERVARS_BYTES_MAX];
    memset(long_value, '1', sizeof long_value - 1);
    do_steps(&vars, "a=12");
    user_variables_assign(&vars, SPAN_LITERAL("long"), span_of(long_value, USERVARS_BYTES_MAX - 2));
    assert_true(user_variables_are_known(&vars));
    user_variables_assign(&vars, SPAN_LITERAL("long"), span_cstr(long_value));
    assert_false(user_variables_are_known(&vars));
    assert_said(&vars, 0, "SET @`a`=12");
    user_variables_assign(&vars, SPAN_LITERAL("long"), SPAN_LITERAL("2"));
    assert_true(user_variables_are_known(&vars));
    for (int i = 0; i <= USERVARS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "v%d", i);
        assert_int_equal(user_variables_are_known(&vars), i < USERVARS_MAX - 1);
        user_variables_assign(&vars, span_cstr(name), SPAN_LITERAL("1"));
    }
    assert_false(user_variables_may_ask(&vars));
    user_variables_fini(&vars);
}

/* ---- values read from the server ---- */

struct cell {
    uint8_t type;
    uint16_t flags;
    uint32_t length;
    const char *value; /* NULL: an SQL NULL */
};

static void put_string(struct text *out, const char *string)
{
    (void)text_append_byte(out, (uint8_t)strlen(string));
    (void)text_append_cstr(out, string);
}

static void feed(struct rows *answer, struct text *packet, enum rows_verdict want)
{
    struct error err;
    assert_int_equal(rows_feed(answer, text_span(packet), &err), want);
    text_clear(packet);
}

static void answer_with(struct rows *answer, struct rows_def *defs, const struct cell *cells, uint8_t count)
{
    struct text packet = { 0 };
    answer->defs = defs;
    rows_begin(answer, 0);
    (void)text_append_byte(&packet, count);
    feed(answer, &packet, ROWS_MORE);
    for (uint8_t i = 0; i < count; i++) {
        static const char *const names[] = { "def", "", "", "", "name", "" };
        for (size_t name = 0; name < COUNT_OF(names); name++)
            put_string(&packet, names[name]);
        (void)text_append(&packet, "\x0c\x3f\0", 3);
        wire_put_u32(&packet, cells[i].length);
        (void)text_append_byte(&packet, cells[i].type);
        (void)text_append_byte(&packet, (uint8_t)cells[i].flags);
        (void)text_append(&packet, "\0\0\0\0", 4);
        feed(answer, &packet, ROWS_MORE);
    }
    (void)text_append(&packet, "\xfe\0\0\2\0", 5);
    feed(answer, &packet, ROWS_MORE);
    for (uint8_t i = 0; i < count; i++) {
        if (cells[i].value == NULL)
            (void)text_append_byte(&packet, 0xfb);
        else
            put_string(&packet, cells[i].value);
    }
    feed(answer, &packet, ROWS_MORE);
    (void)text_append(&packet, "\xfe\0\0\2\0", 5);
    feed(answer, &packet, ROWS_DONE);
    text_fini(&packet);
}

/* Values as servers returned them. */
TEST(answers_are_written_so_that_they_mean_the_same)
{
    static const struct {
        uint8_t type;
        uint16_t flags;
        uint32_t length;
        const char *value, *hex, *collation, *said; /* said NULL: the value stays unknown */
    } rows[] = {
        { ROWS_TYPE_LONGLONG, 0x80, 20, "-5", "FB", "binary", "SET @`a`=-5" },
        { ROWS_TYPE_LONGLONG, 0xa0, 20, "5", "5", "binary", "SET @`a`=CAST(5 AS UNSIGNED)" },
        { ROWS_TYPE_LONGLONG, 0x80, 20, NULL, NULL, "binary", "SET @`a`=0,@`a`=NULL" },
        { ROWS_TYPE_LONGLONG, 0xa0, 20, NULL, NULL, "binary", "SET @`a`=CAST(0 AS UNSIGNED),@`a`=NULL" },
        { ROWS_TYPE_NEWDECIMAL, 0x80, 83, "1.50", "1", "binary", "SET @`a`=1.50" },
        { ROWS_TYPE_NEWDECIMAL, 0x80, 83, "3", "3", "binary", "SET @`a`=3." },
        { ROWS_TYPE_NEWDECIMAL, 0x80, 83, NULL, NULL, "binary", "SET @`a`=0.,@`a`=NULL" },
        { ROWS_TYPE_DOUBLE, 0x80, 23, "0.3333333333333333", "0", "binary", "SET @`a`=0.3333333333333333e0" },
        { ROWS_TYPE_DOUBLE, 0x80, 23, "1e-300", "0", "binary", "SET @`a`=1e-300" },
        { ROWS_TYPE_DOUBLE, 0x80, 23, NULL, NULL, "binary", "SET @`a`=0e0,@`a`=NULL" },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "x", "78", "utf8mb4_bin",
          "SET @`a`=_utf8mb4 X'78' COLLATE utf8mb4_bin" },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "", "", "latin1_swedish_ci",
          "SET @`a`=_latin1 X'' COLLATE latin1_swedish_ci" },
        { ROWS_TYPE_MEDIUM_BLOB, 0x80, 99, "x", "00FF", "binary", "SET @`a`=_binary X'00FF'" },
        { ROWS_TYPE_LONG_BLOB, 0, 99, NULL, NULL, "latin1_bin",
          "SET @`a`=_latin1 X'' COLLATE latin1_bin,@`a`=NULL" },
        { ROWS_TYPE_LONG_BLOB, 0x80, 16777215, NULL, NULL, "binary", "SET @`a`=_binary X'',@`a`=NULL" },
        /* MariaDB: the variable was never set */
        { ROWS_TYPE_LONG_BLOB, 0x80, 16777216, NULL, NULL, "binary", "" },
        /* MySQL: the variable was never set */
        { ROWS_TYPE_VAR_STRING, 0x80, 65532, NULL, NULL, "binary", "" },
        { 255, 0x80, 99, "x", "78", "binary", NULL },
        { ROWS_TYPE_LONGLONG, 0x80, 20, "1 OR 1", "5", "binary", NULL },
        { ROWS_TYPE_LONGLONG, 0x80, 20, "", "5", "binary", NULL },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "x", "7'", "utf8mb4_bin", NULL },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "x", "78", "utf8mb4 bin", NULL },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "x", "78", "utf8mb4", NULL },
        { ROWS_TYPE_LONG_BLOB, 0, 99, "x", "78", NULL, NULL },
    };
    struct rows_def defs[ROWS_COLUMNS_MAX];
    struct rows answer = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct uservars vars = { 0 };
        const struct cell cells[] = { { rows[i].type, rows[i].flags, rows[i].length, rows[i].value },
                                      { ROWS_TYPE_VAR_STRING, 0, 9, rows[i].hex },
                                      { ROWS_TYPE_VAR_STRING, 0, 9, rows[i].collation } };
        do_steps(&vars, "a~");
        answer_with(&answer, defs, cells, COUNT_OF(cells));
        user_variables_learn(&vars, &answer);
        bool is_known = rows[i].said != NULL;
        assert_row(user_variables_are_known(&vars) == is_known && user_variables_may_ask(&vars) == false,
                   "row %zu", i);
        assert_said(&vars, 0, is_known ? rows[i].said : "");
        do_steps(&vars, "a~");
        assert_row(user_variables_may_ask(&vars), "row %zu: once more when it has changed", i);
        user_variables_fini(&vars);
    }
    rows_fini(&answer);
}

TEST(what_is_unknown_is_asked_for_a_part_at_a_time)
{
    struct uservars vars = { 0 };
    struct text sql = { 0 };
    do_steps(&vars, "a~ b=1 c~");
    user_variables_ask(&vars, &sql);
    assert_string_equal(text_cstr(&sql),
                        "SELECT @`a`,HEX(@`a`),COLLATION(@`a`),@`c`,HEX(@`c`),COLLATION(@`c`) FROM DUAL "
                        "WHERE IFNULL(LENGTH(@`a`),0)+IFNULL(LENGTH(@`c`),0)<=16384 LIMIT 1");
    for (int i = 0; i < 50; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "v%d", i);
        user_variables_forget(&vars, span_cstr(name));
    }
    text_clear(&sql);
    user_variables_ask(&vars, &sql);
    assert_true(span_mentions(text_span(&sql), "COLLATION(@`v39`)"));
    assert_false(span_mentions(text_span(&sql), "COLLATION(@`v40`)"));
    assert_true(span_mentions(text_span(&sql), "LENGTH(@`v39`)"));
    assert_false(span_mentions(text_span(&sql), "LENGTH(@`v40`)"));
    text_fini(&sql);
    user_variables_fini(&vars);
}

TEST(names_that_stored_code_has_made_are_asked_for_too)
{
    struct rows_def defs[ROWS_COLUMNS_MAX];
    struct rows answer = { 0 };
    struct uservars vars = { 0 };
    const struct cell none = { ROWS_TYPE_VAR_STRING, 0, 9, "" },
                      not_told = { ROWS_TYPE_VAR_STRING, 0, 9, NULL };
    do_steps(&vars, "a=1 !");
    answer_with(&answer, defs, &none, 1);
    user_variables_note_list(&vars, &answer);
    assert_true(user_variables_are_known(&vars));
    struct rows_cell cells[] = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 } };
    const struct rows listed = {
        .columns = 1, .rows = 3, .values = 4, .bytes = { .data = (char[]){ "ab" }, .len = 2 }, .cells = cells
    };
    do_steps(&vars, "!");
    user_variables_note_list(&vars, &listed); /* an empty name, @a and @b */
    assert_said(&vars, 0, "SET @`a`=1");
    assert_true(vars.count == 2 && vars.unknown == 1 && user_variables_may_ask(&vars));
    do_steps(&vars, "!");
    answer_with(&answer, defs, &not_told, 1);
    user_variables_note_list(&vars, &answer);
    assert_false(user_variables_are_known(&vars) || user_variables_may_ask(&vars));
    rows_fini(&answer);
    user_variables_fini(&vars);
}

TEST(without_memory_nothing_is_known_that_is_not)
{
    for (long n = 0; n < 8; n++) {
        struct uservars vars = { 0 };
        mem_fail_after(n);
        do_steps(&vars, "a=1 b=2 a=3");
        mem_fail_after(-1);
        bool is_whole =
            user_variables_has(&vars, SPAN_LITERAL("a")) && user_variables_has(&vars, SPAN_LITERAL("b"));
        assert_row(is_whole || !user_variables_are_known(&vars), "after %ld", n);
        if (user_variables_are_known(&vars))
            assert_said(&vars, 0, "SET @`a`=3,@`b`=2");
        user_variables_fini(&vars);
    }
}

RUN_TESTS(NULL, NULL)
