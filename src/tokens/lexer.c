/* The lexer. A table (bytes.h) gives the class of each byte, and each class has a small reader. The rules
 * follow the lexers of the two families (sql_lex.cc) where these agree; where they do not, a doubt is set.
 *
 *      lexer_next ── skip_blanks ── skip_comment        blanks, comments, edges of executable comments
 *          └── read_token ── read_word | read_number | read_quote | read_variable | … */
#include "tokens/lexer.h"

#include "tokens/bytes.h"

#include <assert.h>

/* The byte `ahead` bytes after the current one, or 0 past the end. A NUL in the text looks the same, but no
 * caller looks for a NUL. */
static uint8_t peek(const struct lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : 0;
}

/* ---- blanks and comments ---- */

/* 0xA0 is a blank in latin1 and related character sets, 0xFF in the DOS code pages. Neither is one in UTF-8. */
static bool may_be_blank(const struct lexer *lexer, uint8_t c)
{
    return !lexer->dialect.is_utf8 && (c == 0xa0 || c == 0xff);
}

static void skip_line(struct lexer *lexer)
{
    const uint8_t *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    lexer->at = newline == NULL ? lexer->end : newline + 1;
}

/* The lexer is at a dash. Two dashes begin a comment only before a blank, a control character or the end. */
static bool is_dash_comment(struct lexer *lexer)
{
    if (peek(lexer, 1) != '-')
        return false;
    if (lexer->end - lexer->at == 2)
        return true;
    uint8_t c = lexer->at[2];
    if (may_be_blank(lexer, c))
        lexer->doubts |= SQL_DOUBT_CHARSET;
    return c <= ' ' || c == 0x7f;
}

/* Skips a comment. The lexer is at its opening, which has `open` bytes. */
static void skip_block(struct lexer *lexer, size_t open)
{
    const uint8_t *from = lexer->at + open;
    const uint8_t *close = memmem(from, (size_t)(lexer->end - from), "*/", 2);
    lexer->is_broken = close == NULL;
    lexer->at = close == NULL ? lexer->end : close + 2;
}

/* ---- executable comments ----
 *
 * Whether the content is code depends on the server's family and version. The family is known. The version
 * is one that is supported: MariaDB from 10.6 or MySQL from 8.0, below version 99. Content that all of these
 * versions run is code. Content that none of them runs is a comment. Other content is doubtful: it is lexed
 * as code. test_executable_comments.py compares these rules with servers. */

enum fate { FATE_CODE, FATE_COMMENT, FATE_DOUBT };

/* The rules are in ascending order; the first row with version ≤ `most` applies. */
struct version_rule {
    unsigned most;
    enum fate fate;
};

/* MariaDB skips comments for MySQL 5.7 to 9, whose features it does not have. */
static const struct version_rule mariadb_rules[] = {
    { 50699, FATE_CODE },   { 99999, FATE_COMMENT },  { 100600, FATE_CODE },
    { 989999, FATE_DOUBT }, { 999999, FATE_COMMENT },
};
/* After slash-star-M-bang. */
static const struct version_rule mariadb_own_rules[] = {
    { 100600, FATE_CODE },
    { 989999, FATE_DOUBT },
    { 999999, FATE_COMMENT },
};
/* Versions of five digits, in this table and the next. */
static const struct version_rule mysql_rules[] = {
    { 80000, FATE_CODE },
    { 99999, FATE_DOUBT },
};
static const struct version_rule common_rules[] = {
    { 50699, FATE_CODE },
    { 99999, FATE_DOUBT },
};
/* Six digits and a blank: newer MySQL takes six digits as the version, older MySQL five digits. */
static const struct version_rule six_digit_rules[] = {
    { 989999, FATE_DOUBT },
    { 999999, FATE_COMMENT },
};

static const struct version_rule *rules_for(const struct lexer *lexer, bool is_own, size_t digits)
{
    if (lexer->dialect.family == SQL_FAMILY_MARIADB)
        return is_own ? mariadb_own_rules : mariadb_rules;
    if (digits == 6)
        return six_digit_rules;
    return lexer->dialect.family == SQL_FAMILY_MYSQL ? mysql_rules : common_rules;
}

/* The number of digits that are the version: six, five or none. The lexer is at the first byte after the
 * bang. MariaDB takes a sixth digit if there is one; MySQL takes it if a blank follows. `is_certain_r`: all
 * servers that may read the text agree. */
static size_t count_version(const struct lexer *lexer, bool *is_certain_r)
{
    size_t digits = 0;
    while (digits < 6 && byte_is_digit(peek(lexer, digits)))
        digits++;
    uint8_t next = peek(lexer, 6);
    bool is_six = byte_classes[next] == BYTE_BLANK;
    *is_certain_r = digits < 6 || is_six || lexer->dialect.family == SQL_FAMILY_MARIADB ||
                    (lexer->dialect.family == SQL_FAMILY_MYSQL && next < 0x80);
    if (digits == 6 && !is_six && lexer->dialect.family == SQL_FAMILY_MYSQL)
        digits = 5;
    return digits >= 5 ? digits : 0;
}

/* Is the content after the `open` bytes code? Its first `digits_r` bytes are the version. */
static enum fate judge_content(struct lexer *lexer, size_t open, size_t *digits_r)
{
    struct lexer behind = *lexer;
    bool is_own = open == 4, is_certain;
    unsigned version = 0;
    behind.at += open;
    *digits_r = count_version(&behind, &is_certain);
    if (!is_certain || (is_own && lexer->dialect.family == SQL_FAMILY_UNKNOWN))
        return FATE_DOUBT;
    if (*digits_r == 0)
        return FATE_CODE;
    for (size_t i = 0; i < *digits_r; i++)
        version = version * 10 + (behind.at[i] - (unsigned)'0');
    const struct version_rule *rule = rules_for(lexer, is_own, *digits_r);
    while (version > rule->most)
        rule++;
    return rule->fate;
}

/* Skips an executable comment that is not run because of its version. It may hold comments; servers skip one
 * level of them. */
static void skip_with_inner(struct lexer *lexer, size_t open)
{
    bool is_inner = false;
    for (const uint8_t *p = lexer->at + open; p + 1 < lexer->end; p++) {
        if (p[0] == '*' && p[1] == '/') {
            p++;
            if (!is_inner) {
                lexer->at = p + 1;
                return;
            }
            is_inner = false;
        } else if (p[0] == '/' && p[1] == '*' && !is_inner) {
            p++;
            is_inner = true;
        }
    }
    lexer->is_broken = true;
    lexer->at = lexer->end;
}

/* Enters or skips an executable comment. `open`: 3 bytes of opening, or 4 with the M. */
static void enter_executable(struct lexer *lexer, size_t open)
{
    size_t digits;
    enum fate fate = judge_content(lexer, open, &digits);
    if (fate == FATE_COMMENT) {
        skip_with_inner(lexer, open);
        return;
    }
    if (fate == FATE_DOUBT)
        lexer->doubts |= SQL_DOUBT_EXECUTABLE;
    lexer->executable_depth = 1; /* executable comments do not nest: the first close ends all of them */
    lexer->at += open + digits;
}

/* Notes a routing hint; the lexer is at the opening of a comment, of `open` bytes. A comment inside an
 * executable comment is no hint: for servers that skip the outer comment it does not exist. */
static void note_hint(struct lexer *lexer, size_t open)
{
    static const struct span mark = SPAN_LITERAL(HINT_MARK);
    const uint8_t *from = lexer->at + open;
    while (from < lexer->end && byte_classes[*from] == BYTE_BLANK && (*from != '\n' || *lexer->at == '/'))
        from++;
    if ((size_t)(lexer->end - from) >= mark.len && span_equal_nocase(span_of(from, mark.len), mark))
        lexer->has_hint |= lexer->executable_depth == 0;
}

/* Skips a comment at slash-star. False for an optimizer hint, which is a token. */
static bool skip_slash_comment(struct lexer *lexer)
{
    uint8_t c = peek(lexer, 2);
    if (c == '+')
        return false;
    if (c == '!')
        enter_executable(lexer, 3);
    else if (c == 'M' && peek(lexer, 3) == '!' && lexer->dialect.family != SQL_FAMILY_MYSQL)
        enter_executable(lexer, 4);
    else {
        note_hint(lexer, 2);
        skip_block(lexer, 2);
    }
    return true;
}

static bool skip_comment(struct lexer *lexer)
{
    switch (*lexer->at) {
    case '#':
        note_hint(lexer, 1);
        skip_line(lexer);
        return true;
    case '-':
        if (!is_dash_comment(lexer))
            return false;
        note_hint(lexer, 2);
        skip_line(lexer);
        return true;
    case '/':
        return peek(lexer, 1) == '*' && skip_slash_comment(lexer);
    case '*':
        if (lexer->executable_depth == 0 || peek(lexer, 1) != '/')
            return false;
        lexer->executable_depth = 0;
        lexer->at += 2;
        return true;
    default:
        return false;
    }
}

/* The class of the byte at lexer->at. */
static inline enum byte_class class_here(const struct lexer *lexer)
{
    return lexer->at < lexer->end ? (enum byte_class)byte_classes[*lexer->at] : BYTE_NONE;
}

/* Skips comments and the blanks after them; the result is the class of the byte behind. Out of line: few texts
 * have comments, and other texts are then read with fewer saved registers. */
static __attribute__((noinline)) enum byte_class skip_comments(struct lexer *lexer)
{
    while (lexer->at < lexer->end && skip_comment(lexer))
        while (class_here(lexer) == BYTE_BLANK)
            lexer->at++;
    return class_here(lexer);
}

/* Skips blanks and comments; the result is the class of the byte behind. */
static inline enum byte_class skip_blanks(struct lexer *lexer)
{
    const uint8_t *at = lexer->at, *end = lexer->end;
    while (at < end && byte_classes[*at] == BYTE_BLANK)
        at++;
    lexer->at = at;
    enum byte_class class = class_here(lexer);
    return class == BYTE_COMMENT ? skip_comments(lexer) : class;
}

/* ---- quotes ---- */

/* Skips a quoted text, from its opening quote; a doubled quote is part of the text. False if the text ends
 * without a closing quote. */
static bool skip_quoted(struct lexer *lexer, bool has_escapes)
{
    uint8_t quote = *lexer->at;
    for (const uint8_t *p = lexer->at + 1; p < lexer->end; p++) {
        if (*p == '\\' && has_escapes) {
            p++;
        } else if (*p == quote) {
            if (p + 1 == lexer->end || p[1] != quote) {
                lexer->at = p + 1;
                return true;
            }
            p++;
        }
    }
    lexer->at = lexer->end;
    return false;
}

static enum token_type read_quote(struct lexer *lexer)
{
    bool is_name = *lexer->at == '`' || (*lexer->at == '"' && lexer->dialect.ansi_quotes);
    if (!skip_quoted(lexer, !is_name && !lexer->dialect.no_backslash_escapes))
        return TOKEN_BAD;
    return is_name ? TOKEN_QUOTED : TOKEN_STRING;
}

/* x'1F', b'01': with a byte other than digits it is an error for every server. */
static enum token_type read_digits_quoted(struct lexer *lexer, bool (*is_known)(uint8_t))
{
    const uint8_t *p = lexer->at + 2;
    while (p < lexer->end && is_known(*p))
        p++;
    bool is_closed = p < lexer->end && *p == '\'';
    lexer->at = is_closed ? p + 1 : p;
    return is_closed ? TOKEN_STRING : TOKEN_BAD;
}

/* ---- words ---- */

/* The end of a word whose byte at `at` is 0x80 or above. Sets a doubt if such a byte may be a blank. */
static __attribute__((noinline)) const uint8_t *end_of_high_word(struct lexer *lexer, const uint8_t *at)
{
    for (; at < lexer->end && byte_is_word(*at); at++)
        if (may_be_blank(lexer, *at))
            lexer->doubts |= SQL_DOUBT_CHARSET;
    return at;
}

static enum token_type read_word(struct lexer *lexer)
{
    const uint8_t *at = lexer->at, *end = lexer->end;
    while (at < end && byte_classes[*at] > BYTE_HIGH)
        at++;
    if (at < end && byte_classes[*at] == BYTE_HIGH)
        at = end_of_high_word(lexer, at);
    lexer->at = lexer->word_end = at;
    return TOKEN_WORD;
}

/* At a letter that may be the prefix of a string. */
static enum token_type read_prefix(struct lexer *lexer)
{
    uint8_t letter = *lexer->at | 0x20;
    if (peek(lexer, 1) != '\'')
        return read_word(lexer);
    if (letter != 'n')
        return read_digits_quoted(lexer, letter == 'x' ? byte_is_hex : byte_is_binary);
    lexer->at++;
    return read_quote(lexer);
}

/* $$…$$ and $tag$…$tag$ are strings on MySQL 9 and later. On MariaDB they are identifiers, and on MySQL 8
 * identifiers that any text may follow. For the MySQL family this reads a string and always sets a doubt
 * (MySQL 9 also overlooks a closing dollar quote that directly follows a dollar). Without a closing dollar
 * quote MySQL 9 refuses the whole text, so it is read as an identifier (the mysql client sends "select $$"
 * to find out). After one search for a closing quote has failed, no other search is made: time stays linear. */
static enum token_type read_dollar(struct lexer *lexer)
{
    size_t len = 1;
    while (byte_is_word(peek(lexer, len)) && peek(lexer, len) != '$')
        len++;
    if (lexer->dialect.family == SQL_FAMILY_MARIADB || peek(lexer, len) != '$')
        return read_word(lexer);
    len++;
    const uint8_t *from = lexer->at + len;
    const uint8_t *close =
        lexer->has_lone_dollar ? from : memmem(from, (size_t)(lexer->end - from), lexer->at, len);
    if (close != NULL && (lexer->has_lone_dollar || lexer->dialect.family == SQL_FAMILY_UNKNOWN)) {
        lexer->doubts |= SQL_DOUBT_BAD;
        return read_word(lexer);
    }
    if (close == NULL) {
        lexer->has_lone_dollar = true;
        return read_word(lexer);
    }
    lexer->doubts |= SQL_DOUBT_BAD;
    lexer->at = close + len;
    return TOKEN_STRING;
}

/* @name, @'name', @@name. A name after one @ may contain dots: `@a.b` is one variable, `@@session.b` a scope
 * and a name. */
static enum token_type read_variable(struct lexer *lexer)
{
    lexer->at++;
    bool is_system = peek(lexer, 0) == '@';
    if (is_system)
        lexer->at++;
    uint8_t c = peek(lexer, 0);
    if (c == '`' || (!is_system && (c == '\'' || c == '"')))
        return read_quote(lexer) == TOKEN_BAD ? TOKEN_BAD : TOKEN_VARIABLE;
    (void)read_word(lexer);
    while (!is_system && peek(lexer, 0) == '.') {
        lexer->at++;
        (void)read_word(lexer);
    }
    return TOKEN_VARIABLE;
}

/* ---- numbers ---- */

static void skip_digits(struct lexer *lexer)
{
    const uint8_t *at = lexer->at, *end = lexer->end;
    while (at < end && byte_is_digit(*at))
        at++;
    lexer->at = at;
}

/* Skips e5 or e+5; only if a digit follows. */
static bool skip_exponent(struct lexer *lexer)
{
    if (peek(lexer, 0) != 'e' && peek(lexer, 0) != 'E')
        return false;
    size_t sign = peek(lexer, 1) == '+' || peek(lexer, 1) == '-' ? 1 : 0;
    if (!byte_is_digit(peek(lexer, 1 + sign)))
        return false;
    lexer->at += 1 + sign;
    skip_digits(lexer);
    return true;
}

/* Reads the rest of a real number, from its point. */
static enum token_type read_fraction(struct lexer *lexer)
{
    lexer->at++;
    skip_digits(lexer);
    (void)skip_exponent(lexer);
    return TOKEN_NUMBER;
}

/* Skips 0x1F or 0b01, at the zero. The letter must be lower case, and the word must end with the digits:
 * `0x1G` and `0X1F` are names. */
static bool skip_radix(struct lexer *lexer, uint8_t letter, bool (*is_known)(uint8_t))
{
    size_t len = 2;
    if (peek(lexer, 1) != letter)
        return false;
    while (is_known(peek(lexer, len)))
        len++;
    if (len == 2 || byte_is_word(peek(lexer, len)))
        return false;
    lexer->at += len;
    return true;
}

/* At a digit: reads a number, or a name that begins with digits (`1a`). */
static enum token_type read_number(struct lexer *lexer)
{
    if (*lexer->at == '0' && (skip_radix(lexer, 'x', byte_is_hex) || skip_radix(lexer, 'b', byte_is_binary)))
        return TOKEN_NUMBER;
    skip_digits(lexer);
    if (peek(lexer, 0) == '.')
        return read_fraction(lexer);
    if (!byte_is_word(peek(lexer, 0)) || skip_exponent(lexer))
        return TOKEN_NUMBER;
    return read_word(lexer);
}

/* ---- the rest ---- */

/* `.5` is a number unless it touches an identifier: in `t.5` both servers see a column named 5. */
static enum token_type read_dot(struct lexer *lexer)
{
    if (byte_is_digit(peek(lexer, 1)) && lexer->word_end != lexer->at)
        return read_fraction(lexer);
    lexer->at++;
    lexer->is_after_dot = byte_is_word(peek(lexer, 0));
    return TOKEN_PUNCT;
}

/* The servers' hint parsers read quotes, so it is not known where a hint with an open quote ends. */
static enum token_type read_hint(struct lexer *lexer)
{
    const uint8_t *start = lexer->at;
    unsigned quotes = 0;
    skip_block(lexer, 3);
    for (const uint8_t *p = start; p < lexer->at; p++)
        quotes ^= *p == '\'' ? 1u : *p == '"' ? 2u : *p == '`' ? 4u : 0u;
    bool is_whole = !lexer->is_broken && quotes == 0;
    lexer->is_broken = false;
    return is_whole ? TOKEN_HINT : TOKEN_BAD;
}

/* A server that accepts several statements starts anew after the semicolon: it is then no longer in an
 * executable comment. */
static enum token_type read_punct(struct lexer *lexer)
{
    if (*lexer->at == '/' && peek(lexer, 1) == '*')
        return read_hint(lexer);
    if (*lexer->at == ';' && lexer->executable_depth > 0 && lexer->dialect.multi_statements)
        lexer->doubts |= SQL_DOUBT_EXECUTABLE;
    lexer->at++;
    return TOKEN_PUNCT;
}

static enum token_type read_colon(struct lexer *lexer)
{
    bool is_assign = peek(lexer, 1) == '=';
    lexer->at += is_assign ? 2 : 1;
    return is_assign ? TOKEN_ASSIGN : TOKEN_PUNCT;
}

/* \N is NULL for MariaDB and older MySQL. */
static enum token_type read_backslash(struct lexer *lexer)
{
    bool is_null = peek(lexer, 1) == 'N';
    lexer->at += is_null ? 2 : 1;
    return is_null ? TOKEN_WORD : TOKEN_BAD;
}

static enum token_type read_question(struct lexer *lexer)
{
    lexer->at++;
    return TOKEN_PARAMETER;
}

static enum token_type read_bad(struct lexer *lexer)
{
    lexer->at++;
    return TOKEN_BAD;
}

/* An unterminated comment, executable or not, is an error for every server: one TOKEN_BAD, then the end. */
static enum token_type read_end(struct lexer *lexer)
{
    bool is_bad = lexer->is_broken || lexer->executable_depth > 0;
    lexer->is_broken = false;
    lexer->executable_depth = 0;
    return is_bad ? TOKEN_BAD : TOKEN_END;
}

static inline enum token_type read_token(struct lexer *lexer, enum byte_class class)
{
    static enum token_type (*const readers[])(struct lexer *) = {
        [BYTE_BAD] = read_bad,           [BYTE_BLANK] = read_bad,
        [BYTE_DOT] = read_dot,           [BYTE_QUOTE] = read_quote,
        [BYTE_DOUBLE] = read_quote,      [BYTE_BACKTICK] = read_quote,
        [BYTE_AT] = read_variable,       [BYTE_COLON] = read_colon,
        [BYTE_QUESTION] = read_question, [BYTE_BACKSLASH] = read_backslash,
        [BYTE_PUNCT] = read_punct,       [BYTE_COMMENT] = read_punct,
        [BYTE_HIGH] = read_word,         [BYTE_PREFIX] = read_prefix,
        [BYTE_LETTER] = read_word,       [BYTE_DIGIT] = read_number,
        [BYTE_DOLLAR] = read_dollar,     [BYTE_NONE] = read_end,
    };
    if (lexer->is_after_dot) {
        lexer->is_after_dot = false;
        return read_word(lexer);
    }
    return readers[class](lexer);
}

void lexer_begin(struct lexer *lexer, struct span sql, const struct sql_dialect *dialect)
{
    static const uint8_t nothing[1] = { 0 };
    const uint8_t *data = sql.data == NULL ? nothing : sql.data;
    assert(sql.data != NULL || sql.len == 0);
    *lexer = (struct lexer){ .at = data, .end = data + sql.len, .dialect = *dialect };
    if (!dialect->unsafe_charset)
        return;
    for (const uint8_t *p = lexer->at; p < lexer->end; p++)
        if (*p >= 0x80)
            lexer->doubts |= SQL_DOUBT_CHARSET;
}

void lexer_read(struct lexer *lexer, struct token *token_r)
{
    const uint8_t *before = lexer->at;
    enum byte_class class = skip_blanks(lexer);
    token_r->text.data = lexer->at;
    token_r->space_before = lexer->at > before;
    token_r->type = read_token(lexer, class);
    token_r->text.len = (size_t)(lexer->at - token_r->text.data);
    if (token_r->type == TOKEN_BAD)
        lexer->doubts |= SQL_DOUBT_BAD;
}

/* Slash-star-bang, with or without the M. */
static bool opens_executable(struct span comment)
{
    size_t at = comment.len > 3 && comment.data[2] == 'M' ? 3 : 2;
    return comment.len > at && *comment.data == '/' && comment.data[at] == '!';
}

bool lexer_read_comment(struct lexer *lexer, struct span *comment_r, struct token *token_r)
{
    while (lexer->at < lexer->end) {
        const uint8_t *start = lexer->at;
        bool is_inside = lexer->executable_depth > 0;
        if (byte_classes[*start] == BYTE_BLANK) {
            lexer->at++;
            continue;
        }
        if (!skip_comment(lexer))
            break;
        *comment_r = span_of(start, (size_t)(lexer->at - start));
        bool is_executable = opens_executable(*comment_r);
        if (!is_inside && !is_executable && *start != '*' && !lexer->is_broken)
            return true;
    }
    lexer_read(lexer, token_r);
    return false;
}

struct token lexer_next(struct lexer *lexer)
{
    struct token token;
    lexer_read(lexer, &token);
    return token;
}
