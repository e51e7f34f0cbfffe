/* Every row of classify.tsv as it is; then changes of the text that must not matter, and changes that must
 * not turn another statement into a read. */
#include <stdio.h>

#include "../tokens/tokens_test.h"

#include "sql/classify.h"
#include "tokens/functions.h"
#include "tokens/keywords.h"
#include "stored_code/catalog_draft.h"

#define ROWS_MAX 2000
#define ROUNDS 20 /* random changes tried on each row */

struct row {
    int line;
    char *sql;
    size_t len;
    char kind[24], place[16], reason[32], flags[96], dialect[64];
};

static struct row rows[ROWS_MAX];
static size_t row_count;

static struct catalog *stored; /* the catalog of rows whose dialect has the word "stored" */

static const char *const any_dialect[] = { "mariadb", "mysql", "unknown" };

/* ---- reading the file ---- */

static size_t unescape(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\\') {
            *to++ = *p;
            continue;
        }
        p++;
        unsigned byte = 0;
        if (*p == 'x') {
            assert_int_equal(sscanf(p + 1, "%2x", &byte), 1);
            p += 2;
        } else {
            byte = *p == 'n' ? '\n' : *p == 't' ? '\t' : *p == '0' ? 0u : (unsigned char)*p;
        }
        *to++ = (char)byte;
    }
    *to = '\0';
    return (size_t)(to - text);
}

static void take_field(char **rest, char *field, size_t size, const char *otherwise)
{
    char *value = strsep(rest, "\t");
    snprintf(field, size, "%s", value == NULL || *value == '\0' ? otherwise : value);
}

static void take_row(char *text, int line)
{
    assert_true(row_count < ROWS_MAX);
    struct row *row = &rows[row_count++];
    text[strcspn(text, "\n")] = '\0';
    row->line = line;
    row->sql = strdup(strsep(&text, "\t"));
    row->len = unescape(row->sql);
    take_field(&text, row->kind, sizeof row->kind, "");
    take_field(&text, row->place, sizeof row->place, "");
    take_field(&text, row->reason, sizeof row->reason, "");
    take_field(&text, row->flags, sizeof row->flags, "-");
    take_field(&text, row->dialect, sizeof row->dialect, "any");
}

#define STORED(kind, name, body)                                                                             \
    {                                                                                                        \
        kind, SPAN_LITERAL("app"), SPAN_LITERAL(name), { 0 }, SPAN_LITERAL(body), { 0 }, false               \
    }
static const struct catalog_row stored_rows[] = {
    STORED(CODE_FUNCTION, "reads", "RETURN 1"),
    STORED(CODE_FUNCTION, "counts", "RETURN (SELECT COUNT(*) FROM t)"),
    STORED(CODE_FUNCTION, "writes", "BEGIN INSERT INTO t VALUES (1); RETURN 1; END"),
    STORED(CODE_FUNCTION, "locks", "RETURN GET_LOCK('x', 0)"),
    STORED(CODE_FUNCTION, "count", "RETURN 1"),
    STORED(CODE_FUNCTION, "get_lock", "RETURN 1"),
    STORED(CODE_FUNCTION, "nextval", "RETURN 1"),
    STORED(CODE_TABLE, "v_plain", "select `app`.`t`.`id` AS `id` from `app`.`t`"),
    STORED(CODE_TABLE, "w", "select `app`.`writes`() AS `w`"),
    STORED(CODE_TABLE, "v_reads", "select `app`.`reads`() AS `r` from `app`.`t`"),
    STORED(CODE_TABLE, "v_writes", "select `app`.`writes`() AS `w` from `app`.`t`"),
    STORED(CODE_TABLE, "v_locks", "select `app`.`locks`() AS `w` from `app`.`t`"),
    STORED(CODE_TABLE, "v_over", "select `app`.`v_writes`.`w` AS `w` from `app`.`v_writes`"),
    STORED(CODE_TABLE, "v_sleeps", "select sleep(1) AS `s`"),
    STORED(CODE_TABLE, "status", "select `app`.`writes`() AS `w`"),
};

static struct catalog *stored_code(void)
{
    const char *why;
    struct catalog_draft *draft = catalog_draft_new(SQL_FAMILY_UNKNOWN);
    assert_non_null(draft);
    for (size_t i = 0; i < sizeof stored_rows / sizeof stored_rows[0]; i++)
        catalog_draft_add(draft, &stored_rows[i]);
    struct catalog *catalog = catalog_draft_finish(&draft, ~0u, 1, &why);
    assert_non_null(catalog);
    return catalog;
}

static int read_rows(void **state)
{
    (void)state;
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen("unit/sql/classify.tsv", "r");
    assert_non_null(file);
    for (int number = 1; getline(&line, &size, file) > 0; number++)
        if (line[0] != '#' && line[0] != '\n')
            take_row(line, number);
    free(line);
    fclose(file);
    assert_true(row_count >= 300);
    stored = stored_code();
    return 0;
}

static int drop_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++)
        free(rows[i].sql);
    row_count = 0;
    catalog_unref(stored);
    stored = NULL;
    return 0;
}

/* ---- facts in the words of classify.tsv ---- */

static void add_flag(char *flags, size_t size, bool is_set, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add_flag(char *flags, size_t size, bool is_set, const char *format, ...)
{
    size_t len = strlen(flags);
    va_list args;
    if (!is_set)
        return;
    if (len > 0)
        flags[len++] = ',';
    va_start(args, format);
    vsnprintf(flags + len, size - len, format, args);
    va_end(args);
}

static const char *place_of(const struct sql_facts *facts)
{
    return facts->is_read ? "read" : facts->refers_previous ? "previous" : "primary";
}

/* Sorts the flags: rows may have them in any order. */
static void sort_flags(char *flags)
{
    char *names[16], copy[256], *rest = copy;
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", flags);
    while (rest != NULL && count < 16)
        names[count++] = strsep(&rest, ",");
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (strcmp(names[j], names[i]) < 0) {
                char *swap = names[i];
                names[i] = names[j];
                names[j] = swap;
            }
    *flags = '\0';
    for (size_t i = 0; i < count; i++)
        sprintf(flags + strlen(flags), "%s%s", i > 0 ? "," : "", names[i]);
}

static void describe(const struct sql_facts *facts, char *text, size_t size)
{
    char flags[128] = "";
    static const char *const kills[] = {
        [SQL_KILL_NUMBER] = "number", [SQL_KILL_PARAMETER] = "parameter", [SQL_KILL_VARIABLE] = "variable",
        [SQL_KILL_SELF] = "self",     [SQL_KILL_INNER] = "inner",         [SQL_KILL_WIDE] = "wide",
        [SQL_KILL_OTHER] = "other"
    };
    bool has_id = facts->kill == SQL_KILL_NUMBER;
    assert_true(has_id || facts->kill_id == 0);
    add_flag(flags, sizeof flags, facts->may_hide_state, "hide");
    add_flag(flags, sizeof flags, facts->has_holds, "holds");
    add_flag(flags, sizeof flags, facts->writes_variables, "writes");
    add_flag(flags, sizeof flags, facts->reads_but_for_variables, "vars");
    add_flag(flags, sizeof flags, facts->releases, "release");
    add_flag(flags, sizeof flags, facts->is_multi, "multi");
    add_flag(flags, sizeof flags, facts->is_load_local, "local");
    add_flag(flags, sizeof flags, facts->begins_read_only, "ro");
    add_flag(flags, sizeof flags, facts->begins_read_write, "rw");
    add_flag(flags, sizeof flags, facts->sets_next_transaction, "next");
    add_flag(flags, sizeof flags, facts->asks_token, "token");
    add_flag(flags, sizeof flags, facts->is_load, "load");
    add_flag(flags, sizeof flags, facts->begins_snapshot, "snapshot");
    add_flag(flags, sizeof flags, facts->sets_for_itself, "itself");
    add_flag(flags, sizeof flags, facts->sets_global, "global");
    add_flag(flags, sizeof flags, facts->leaves_row_count, "keeps");
    add_flag(flags, sizeof flags, has_id, "%s=%llu", facts->kill_is_query ? "killquery" : "kill",
             (unsigned long long)facts->kill_id);
    add_flag(flags, sizeof flags, !has_id && facts->kill != SQL_KILL_NONE, "%s=%s",
             facts->kill_is_query ? "killquery" : "kill", kills[facts->kill]);
    add_flag(flags, sizeof flags, facts->use_schema.len > 0, "schema=%.*s", (int)facts->use_schema.len,
             (const char *)facts->use_schema.data);
    add_flag(flags, sizeof flags, facts->execute_name.len > 0, "exec=%.*s", (int)facts->execute_name.len,
             (const char *)facts->execute_name.data);
    add_flag(flags, sizeof flags, facts->execute_text.len > 0, "text=%.*s", (int)facts->execute_text.len,
             (const char *)facts->execute_text.data);
    sort_flags(flags);
    snprintf(text, size, "%s %s %s %s", sql_kind_name(facts->kind), place_of(facts),
             sql_reason_name(facts->reason), flags[0] == '\0' ? "-" : flags);
}

/* ---- the dialects of a row ---- */

static struct sql_dialect dialect_of(const struct row *row)
{
    struct sql_dialect dialect = dialect_named(strcmp(row->dialect, "any") == 0 ? "unknown" : row->dialect);
    dialect.catalog = strstr(row->dialect, "stored") != NULL ? stored : NULL;
    dialect.reads_stored = dialect.catalog != NULL;
    dialect.schema = SPAN_LITERAL("app");
    return dialect;
}

static size_t dialects_of(const struct row *row, struct sql_dialect dialects[3])
{
    bool names_family = strstr(row->dialect, "mariadb") != NULL || strstr(row->dialect, "mysql") != NULL ||
                        strstr(row->dialect, "unknown") != NULL;
    if (names_family) {
        dialects[0] = dialect_of(row);
        return 1;
    }
    for (size_t i = 0; i < 3; i++) {
        dialects[i] = dialect_of(row);
        dialects[i].family = dialect_named(any_dialect[i]).family;
    }
    return 3;
}

static struct sql_facts classify_copy(const void *data, size_t len, bool is_cut,
                                      const struct sql_dialect *dialect)
{
    struct span copy = exact_copy(span_of(data, len));
    struct sql_facts facts = classify(copy, is_cut, dialect);
    facts.use_schema = facts.culprit = facts.execute_name = facts.execute_text = (struct span){ 0 };
    drop_copy(copy);
    return facts;
}

TEST(file_says_what_each_statement_is)
{
    int wrong = 0;
    for (size_t i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        struct sql_dialect dialects[3];
        size_t count = dialects_of(row, dialects);
        for (size_t d = 0; d < count; d++) {
            char expected[256], got[256];
            struct span copy = exact_copy(span_of(row->sql, row->len));
            struct sql_facts facts = classify(copy, false, &dialects[d]);
            sort_flags(row->flags);
            snprintf(expected, sizeof expected, "%s %s %s %s", row->kind, row->place, row->reason,
                     row->flags);
            describe(&facts, got, sizeof got);
            if (strcmp(got, expected) != 0 && ++wrong)
                fprintf(stderr, "classify.tsv:%d (family %d): %s\n  expected %s\n  got      %s\n", row->line,
                        (int)dialects[d].family, row->sql, expected, got);
            /* one statement is the same where several are allowed */
            dialects[d].multi_statements = true;
            facts = classify(copy, false, &dialects[d]);
            describe(&facts, got, sizeof got);
            assert_row(strchr(row->sql, ';') != NULL || strcmp(got, expected) == 0 || wrong > 0,
                       "classify.tsv:%d", row->line);
            drop_copy(copy);
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- changes that must not turn a statement into a read ---- */

static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % below);
}

static size_t put(char *to, size_t len, const void *data, size_t more)
{
    memcpy(to + len, data, more);
    return len + more;
}

/* Puts blanks and comments in front of tokens and changes the letter case of words. Not after a dash: a blank
 * makes `--` a comment. */
static size_t disguise(const struct row *row, const struct sql_dialect *dialect, char *to)
{
    static const char *const blanks[] = { " ", "\t", "\n", "/**/", "/* FOR */", "-- x\n", "#'\n", "\v\f\r" };
    struct lexer lexer;
    struct token token;
    size_t len = 0, done = 0;
    bool is_after_dash = false;
    lexer_begin(&lexer, span_of(row->sql, row->len), dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        size_t start = (size_t)(token.text.data - (const uint8_t *)row->sql);
        const char *blank = blanks[draw(8)];
        len = put(to, len, row->sql + done, start - done);
        if (draw(2) == 0 && !is_after_dash)
            len = put(to, len, blank, strlen(blank));
        done = start + token.text.len;
        len = put(to, len, token.text.data, token.text.len);
        for (size_t i = len - token.text.len; i < len && token.type == TOKEN_WORD; i++)
            if (((to[i] | 32) >= 'a' && (to[i] | 32) <= 'z') && draw(2) == 0)
                to[i] ^= 32;
        is_after_dash = token.text.len > 0 && token.text.data[0] == '-';
    }
    return put(to, len, row->sql + done, row->len - done);
}

static size_t wrap(const char *data, size_t len, char *to)
{
    size_t to_len = put(to, 0, "(", 1);
    to_len = put(to, to_len, data, len);
    return put(to, to_len, ")", 1);
}

TEST(blanks_comments_case_and_parentheses_make_no_read)
{
    static char changed[8192], wrapped[8192];
    seed = 20240229;
    for (size_t i = 0; i < row_count * ROUNDS; i++) {
        const struct row *row = &rows[i % row_count];
        struct sql_dialect dialects[3];
        size_t count = dialects_of(row, dialects);
        const struct sql_dialect *dialect = &dialects[draw((unsigned)count)];
        if (strcmp(row->place, "read") == 0 || strcmp(row->reason, "bad_text") == 0)
            continue; /* an open comment may be closed by more text */
        size_t len = disguise(row, dialect, changed);
        size_t wrapped_len = wrap(changed, len, wrapped);
        bool is_read = classify_copy(changed, len, false, dialect).is_read ||
                       classify_copy(wrapped, wrapped_len, false, dialect).is_read;
        if (is_read)
            fail_msg("classify.tsv:%d became a read: %.*s", row->line, (int)len, changed);
    }
}

TEST(reads_stay_reads_with_more_blanks_around)
{
    for (size_t i = 0; i < row_count; i++) {
        struct sql_dialect dialects[3];
        char text[4096];
        dialects_of(&rows[i], dialects);
        if (strcmp(rows[i].place, "read") != 0 || strstr(rows[i].flags, "multi") != NULL)
            continue;
        int len = snprintf(text, sizeof text, "/* a */ \n-- b\n%s\n/* c */ # d\n", rows[i].sql);
        if (!classify_copy(text, (size_t)len, false, &dialects[0]).is_read)
            fail_msg("classify.tsv:%d is no read any more", rows[i].line);
    }
}

/* Between other statements, too, a text is known to take holds, to write variables or to leave hidden state.
 */
TEST(other_statements_hide_no_holds)
{
    static const struct {
        const char *before, *after;
    } forms[] = {
        { "SELECT 1; ", "" }, { "", "; SELECT 1" }, { "SET a = 1; ", "\n;SHOW TABLES" }, { "/**/", " /**/" }
    };
    for (size_t i = 0; i < row_count * 4; i++) {
        const struct row *row = &rows[i / 4];
        struct sql_dialect dialects[3];
        char text[4096];
        size_t count = dialects_of(row, dialects);
        if (strcmp(row->reason, "bad_text") == 0 || memchr(row->sql, '\0', row->len) != NULL)
            continue;
        int len = snprintf(text, sizeof text, "%s%s%s", forms[i % 4].before, row->sql, forms[i % 4].after);
        for (size_t d = 0; d < count; d++) {
            dialects[d].multi_statements = true;
            struct sql_facts alone = classify_copy(row->sql, row->len, false, &dialects[d]);
            struct sql_facts among = classify_copy(text, (size_t)len, false, &dialects[d]);
            if ((alone.has_holds && !among.has_holds) ||
                (alone.writes_variables && !among.writes_variables) ||
                (alone.may_hide_state && !among.may_hide_state))
                fail_msg("classify.tsv:%d lost something in %s", row->line, text);
        }
    }
}

TEST(parentheses_hide_no_holds)
{
    for (size_t i = 0; i < row_count; i++) {
        struct sql_dialect dialects[3];
        char wrapped[4096];
        dialects_of(&rows[i], dialects);
        struct sql_facts facts = classify_copy(rows[i].sql, rows[i].len, false, &dialects[0]);
        if (!facts.has_holds || facts.kind != SQL_SELECT || strcmp(rows[i].reason, "set") == 0)
            continue;
        size_t len = wrap(rows[i].sql, rows[i].len, wrapped);
        facts = classify_copy(wrapped, len, false, &dialects[0]);
        if (!facts.has_holds && !facts.may_hide_state)
            fail_msg("classify.tsv:%d holds nothing in parentheses", rows[i].line);
    }
}

/* Returns where the second token after the deciding words ends; the whole length when these words are not
 * known. */
static size_t decided_at(const struct row *row, const struct sql_dialect *dialect)
{
    struct span sql = span_of(row->sql, row->len);
    struct span culprit = classify(sql, false, dialect).culprit;
    struct lexer lexer;
    struct token token;
    int after = 0;
    if (culprit.len == 0)
        return row->len;
    lexer_begin(&lexer, sql, dialect);
    while ((token = lexer_next(&lexer)).type != TOKEN_END && after < 2)
        after += token.text.data >= culprit.data + culprit.len;
    return (size_t)(lexer.at - sql.data);
}

TEST(a_prefix_is_no_read_once_the_reason_is_in_it)
{
    for (size_t i = 0; i < row_count; i++) {
        struct sql_dialect dialects[3];
        size_t count = dialects_of(&rows[i], dialects);
        for (size_t len = 0; len <= rows[i].len * count; len++) {
            const struct sql_dialect *dialect = &dialects[len % count];
            size_t part = len / count;
            struct sql_facts facts = classify_copy(rows[i].sql, part, false, dialect);
            if (strcmp(rows[i].place, "read") != 0 && part >= decided_at(&rows[i], dialect) && facts.is_read)
                fail_msg("classify.tsv:%d: a read when cut to %zu bytes", rows[i].line, part);
            assert_false(classify_copy(rows[i].sql, part, true, dialect).is_read);
        }
    }
}

/* ---- texts that are too long ---- */

static struct sql_facts classify_long(const char *begin, bool is_cut, bool is_multi)
{
    size_t len = is_cut ? SQL_TEXT_MAX : SQL_TEXT_MAX + 1;
    struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB, .multi_statements = is_multi };
    char *text = malloc(len);
    memset(text, 'x', len);
    memcpy(text, begin, strlen(begin));
    struct sql_facts facts = classify_copy(text, len, is_cut, &dialect);
    free(text);
    return facts;
}

TEST(long_texts_say_what_their_first_words_prove)
{
    static const struct {
        const char *begin;
        enum sql_kind kind;
        bool may_hide;
    } cases[] = {
        { "INSERT INTO t VALUES ('", SQL_WRITE, false },
        { "/* c */ update t set a='", SQL_WRITE, false },
        { "LOAD DATA LOCAL INFILE '", SQL_WRITE, false },
        { "CREATE TABLE t (", SQL_DDL, false },
        { "CREATE TEMPORARY TABLE t (", SQL_DDL, true },
        { "CREATE /*!32302 TEMPORARY */ TABLE t (", SQL_DDL, true },
        { "CREATE /*!110400 TEMPORARY */ TABLE t (", SQL_UNKNOWN, true },
        { "LOCK TABLES t READ, ", SQL_LOCK, true },
        { "DROP TABLE t, ", SQL_DDL, false },
        { "ALTER TABLE t ADD a INT DEFAULT '", SQL_UNKNOWN, true }, /* it may rename a temporary table */
        { "DO '", SQL_UNKNOWN, true },
        { "PREPARE s FROM '", SQL_UNKNOWN, true },
        { "EXECUTE s USING @", SQL_PREPARE, true },
        { "CALL p('", SQL_CALL, true },
        { "SELECT '", SQL_UNKNOWN, true },
        { "(SELECT '", SQL_UNKNOWN, true },
        { "SET @a = '", SQL_UNKNOWN, true },
        { "/*! INSERT */ INTO t VALUES ('", SQL_WRITE, false },
        { "/*!110400 INSERT */ INTO t VALUES ('", SQL_UNKNOWN, true },
        { "/* ", SQL_UNKNOWN, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int is_cut = 0; is_cut < 2; is_cut++) {
            struct sql_facts facts = classify_long(cases[i].begin, is_cut, false);
            assert_int_equal(facts.kind, cases[i].kind);
            assert_int_equal(facts.may_hide_state, cases[i].may_hide);
            assert_false(facts.is_read || facts.has_holds || facts.execute_name.len > 0);
            assert_true(classify_long(cases[i].begin, is_cut, true).may_hide_state);
        }
    assert_true(classify_long("LOAD DATA LOCAL INFILE '", true, false).is_load_local);
}

/* The column list after WITH a is recognised in up to 63 parentheses. Deeper ones look like calls. */
TEST(with_lists_are_followed_to_a_depth)
{
    struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
    for (size_t depth = 1; depth <= 70; depth++) {
        char text[256] = "";
        size_t len = (size_t)snprintf(text, sizeof text, "SELECT ");
        memset(text + len, '(', depth);
        len += depth;
        len += (size_t)snprintf(text + len, sizeof text - len, "WITH a (x) AS (SELECT 1) SELECT x FROM a");
        memset(text + len, ')', depth);
        struct sql_facts facts = classify_copy(text, len + depth, false, &dialect);
        assert_row(facts.is_read == (depth <= 63), "depth %zu", depth);
    }
}

TEST(deep_parentheses_and_many_statements_are_linear)
{
    static const char *const units[] = { "(", "SELECT 1;", "$a$ ", "/*!*/", "@", "WITH a AS (", "f(", "/*+" };
    struct sql_dialect dialect = { .multi_statements = true };
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        char *text = malloc(SQL_TEXT_MAX);
        size_t step = strlen(units[u]), len = 0;
        for (; len + step <= SQL_TEXT_MAX; len += step)
            memcpy(text + len, units[u], step);
        for (int i = 0; i < 20; i++) /* a quadratic reader would take minutes */
            (void)classify_copy(text, len, false, &dialect);
        free(text);
    }
}

/* ---- tables of functions and words ---- */

/* Only statements that may run on a connection with a number of its own are examined: reads on replicas are
 * not. */
TEST(who_may_ask_for_its_connection_s_number_is_known)
{
    static const struct {
        const char *sql;
        bool asks_id;
    } texts[] = {
        { "SELECT CONNECTION_ID()", true },
        { "select connection_id ()", true },
        { "INSERT INTO a_b (c_d) VALUES (Connection_ID())", true },
        { "SET @a = @@pseudo_thread_id", true },
        { "SELECT /*!50000 CONNECTION_ID() */ 1", true },
        { "CREATE TABLE connection_id (a INT)", true }, /* true means only that the number may be asked for */
        { "INSERT INTO connections_id VALUES (1)", false },
        { "UPDATE t SET thread_id = 1, connection_i = 2, _ = 3", false },
        { "SET connection_i", false },
        { "_id", false },
        { "", false },
        { "SELECT 'connection_id' FROM t", false }, /* a harmless read: it is not examined */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sql_dialect dialect = { 0 };
        struct sql_facts facts = classify(span_cstr(texts[i].sql), false, &dialect);
        if (facts.asks_id != texts[i].asks_id)
            fail_msg("%s", texts[i].sql);
    }
    struct sql_dialect dialect = { 0 };
    assert_true(classify(span_cstr("INSERT INTO t VALUES (1"), true, &dialect).asks_id);
}

TEST(every_kind_and_reason_has_a_name)
{
    for (int i = 0; i < SQL_REASON_COUNT; i++) {
        assert_true(strlen(sql_reason_name((enum sql_reason)i)) > 0);
        assert_true(strlen(sql_reason_words((enum sql_reason)i)) > 0);
    }
    assert_string_equal(sql_reason_name(SQL_REASON_LOCKING_READ), "locking_read");
    for (int i = SQL_UNKNOWN; i <= SQL_ADMIN; i++)
        assert_true(strlen(sql_kind_name((enum sql_kind)i)) > 0);
}

TEST(every_keyword_is_found_in_any_case)
{
#define SQL_KEYWORD(name, parenthesis) assert_int_equal(keyword_find(SPAN_LITERAL(#name)), KEYWORD_##name);
#include "tokens/tbl/sql_keywords.h"
#undef SQL_KEYWORD
    assert_int_equal(keyword_find(SPAN_LITERAL("sElEcT")), KEYWORD_SELECT);
    assert_int_equal(keyword_find(SPAN_LITERAL("SELEC")), KEYWORD_NONE);
    assert_int_equal(keyword_find(SPAN_LITERAL("")), KEYWORD_NONE);
    assert_int_equal(keyword_find(SPAN_LITERAL("`")), KEYWORD_NONE);
    assert_int_equal(keyword_find(SPAN_LITERAL("{elect")), KEYWORD_NONE);
}

TEST(every_function_is_found_for_its_family)
{
    enum { MARIADB = SQL_FAMILY_MARIADB, MYSQL = SQL_FAMILY_MYSQL, BOTH = SQL_FAMILY_UNKNOWN };
#define SQL_FUNCTION(name, family, effect, parenthesis)                                                      \
    assert_int_equal(function_effect(SPAN_LITERAL(#name), true, (enum sql_family)family), FUNCTION_##effect);
#include "tokens/tbl/sql_functions.h"
#undef SQL_FUNCTION
    assert_int_equal(function_effect(SPAN_LITERAL("nvl"), true, SQL_FAMILY_UNKNOWN), FUNCTION_UNKNOWN);
    assert_int_equal(function_effect(SPAN_LITERAL("nextval"), true, SQL_FAMILY_UNKNOWN), FUNCTION_SEQUENCE);
    assert_int_equal(function_effect(SPAN_LITERAL("count"), false, SQL_FAMILY_MYSQL), FUNCTION_UNKNOWN);
    assert_int_equal(function_effect(SPAN_LITERAL("abs"), false, SQL_FAMILY_MYSQL), FUNCTION_PURE);
}

/* ---- effects on FOUND_ROWS() and on the warnings ---- */

/* As observed on servers, by family: r counts rows, t uses tables, i gives an id, n may run nothing;
 * a number: so many statements stand before the first one that counts. */
static const struct {
    const char *sql, *mariadb, *mysql;
} traces[] = {
    { "SELECT 1", "r", "r" },
    { "SELECT id FROM t", "rt", "rt" },
    { "VALUES (1)", "", "r" },
    { "VALUES ((SELECT 1))", "r", "r" },
    { "DO (SELECT 1)", "r", "r" },
    { "HELP 'select'", "t", "t" },
    { "SELECT 1; SELECT 2", "r", "r" },
    { "SET @a = 1; SELECT 1; SELECT 2", "r1", "r1" },
    { "DO 1; VALUES (1); UPDATE t SET n = 1; SELECT 1", "rt3", "rt" },
    { "CREATE VIEW v AS SELECT id FROM t", "t", "t" },
    { "CREATE OR REPLACE VIEW v AS SELECT id FROM t", "t", "t" },
    { "CREATE TABLE d AS SELECT id FROM t", "rt", "t" },
    { "CREATE TEMPORARY TABLE d AS SELECT 1", "rt", "t" },
    { "CREATE TABLE IF NOT EXISTS d AS SELECT 1", "rtn", "tn" },
    { "CREATE TABLE `if` AS SELECT 1", "rt", "t" },
    { "DO 1; CREATE TEMPORARY TABLE IF /* … */ NOT EXISTS d SELECT 1", "rtn1", "rtn" },
    { "CREATE PROCEDURE p() SELECT 1", "t", "t" },
    { "INSERT INTO t SELECT id FROM u", "rt", "rt" },
    { "INSERT INTO t VALUES (1)", "t", "t" },
    { "UPDATE t SET n = 1", "t", "rt" },
    { "DELETE FROM t WHERE id = (SELECT MAX(id) FROM u)", "rt", "rt" },
    { "SET @a = (SELECT 1)", "", "" },
    { "SET @a = (SELECT MAX(id) FROM t)", "rt", "t" },
    { "SET @a = 1", "", "" },
    { "DO 1", "", "r" },
    { "CALL p()", "r", "r" },
    { "PREPARE p FROM 'SELECT 1'", "t", "t" },
    { "EXECUTE p", "rt", "rt" },
    { "HANDLER t OPEN", "t", "t" },
    { "SHOW TABLES", "rt", "rt" },
    { "SHOW FULL TABLES", "rt", "rt" },
    { "SHOW FULL PROCESSLIST", "t", "t" },
    { "SHOW GRANTS", "t", "t" },
    { "SHOW CREATE TABLE t", "t", "t" },
    { "SHOW WARNINGS", "", "" },
    { "SHOW COUNT(*) WARNINGS", "r", "r" },
    { "DESCRIBE t", "rt", "rt" },
    { "EXPLAIN SELECT id FROM t", "t", "t" },
    { "EXPLAIN ANALYZE SELECT id FROM t", "rt", "rt" },
    { "BEGIN", "", "" },
    { "SELECT LAST_INSERT_ID()", "r", "r" },
    { "SELECT last_insert_id /**/ ( 5 )", "ri", "ri" },
    { "UPDATE t SET n = LAST_INSERT_ID(n + 1)", "ti", "rti" },
    { "SET insert_id = 5", "i", "i" },
    { "SET @@session.identity = 5, @a = 1", "i", "i" },
    { "SET @insert_id = 5", "", "" },
};

TEST(what_later_questions_are_told_about_is_known)
{
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
        for (int family = SQL_FAMILY_MARIADB; family <= SQL_FAMILY_MYSQL; family++) {
            struct sql_dialect dialect = { .family = (enum sql_family)family };
            struct sql_facts facts = classify_copy(traces[i].sql, strlen(traces[i].sql), false, &dialect);
            const char *expected = family == SQL_FAMILY_MYSQL ? traces[i].mysql : traces[i].mariadb;
            char got[16] = "";
            (void)snprintf(got, sizeof got, "%s%s%s%s%.0u", facts.counts_rows ? "r" : "",
                           facts.uses_tables ? "t" : "", facts.gives_insert_id ? "i" : "",
                           facts.may_run_nothing ? "n" : "", facts.first_count);
            if (strcmp(got, expected) != 0)
                fail_msg("%s (family %d): [%s] is not [%s]", traces[i].sql, family, got, expected);
        }
}

/* Only the first statement of a text counts: further statements ask about the one before them. */
TEST(what_is_asked_in_passing_is_known)
{
    static const unsigned last = 1u << SQL_ASKS_LAST, found = 1u << SQL_ASKS_FOUND_ROWS,
                          warnings = 1u << SQL_ASKS_DIAGNOSTICS;
    static const struct {
        const char *sql;
        unsigned asks;
    } cases[] = {
        { "SET @a = ROW_COUNT()", last },
        { "INSERT INTO t VALUES (row_count ( ), FOUND_ROWS())", last | found },
        { "UPDATE t SET n = (SELECT FOUND_ROWS())", found },
        { "DO ROW_COUNT()", last },
        { "CALL p(FOUND_ROWS())", found },
        { "SELECT @a, ROW_COUNT() FROM t", last },
        { "INSERT INTO t (row_count) VALUES ('ROW_COUNT()')", 0 },
        { "SET @a = `row_count`() + `found_rows` ()", last | found },
        { "SET @a = @@warning_count", warnings },
        { "INSERT INTO t VALUES (@@`error_count`, @@SESSION . `Warning_Count`)", warnings },
        { "UPDATE t SET n = @@local.error_count, m = FOUND_ROWS()", found | warnings },
        { "SET @a = @warning_count, @b = '@@warning_count', sql_mode = @@session.sql_mode", 0 },
        { "UPDATE t SET warning_count = t.warning_count", 0 },
        { "UPDATE t SET n = 1; SELECT ROW_COUNT()", 0 },
        { "SET @a = ROW_COUNT(); SELECT FOUND_ROWS()", last },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB, .multi_statements = true };
        struct sql_facts facts = classify_copy(cases[i].sql, strlen(cases[i].sql), false, &dialect);
        if (facts.asks_before != cases[i].asks)
            fail_msg("%s: %u is not %u", cases[i].sql, facts.asks_before, cases[i].asks);
    }
}

RUN_TESTS(read_rows, drop_rows)
