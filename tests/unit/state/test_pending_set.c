#include "../base/unit.h"

#include "base/mem.h"
#include "state/pending_set.h"

/* constants: the part of a SET statement that is repeated as written. expected: the variables that session
 * tracking must report. flags: p must pin, v sets user variables, t changes session tracking itself, l writes may not
 * be logged, u a variable that is not followed, o it may take effect before an error, c character sets, s of which
 * one is told by the server only, r the collation is set by a character set, n for the next transaction,
 * f profiling, m malformed. */
static const struct {
    const char *sql, *constants, *expected, *flags;
} rows[] = {
    /* one literal of any kind */
    { "SET sql_mode = 'ANSI'", "SET sql_mode='ANSI'", "", "" },
    { "set SESSION sql_mode := \"ANSI\"", "SET sql_mode='ANSI'", "", "" },
    { "SET LOCAL sql_mode=''", "SET sql_mode=''", "", "" },
    { "SET @@session.time_zone = '+02:00'", "SET time_zone='+02:00'", "", "" },
    { "SET @@wait_timeout = 10", "", "", "" },
    { "SET wait_timeout = -1", "", "", "" },
    { "SET sql_notes = OFF", "SET sql_notes=OFF", "", "" },
    { "SET lc_time_names = DEFAULT", "SET lc_time_names=DEFAULT", "", "" },
    { "SET character_set_results = NULL", "SET character_set_results=NULL", "", "c" },
    { "SET `sql_mode` = ''", "SET sql_mode=''", "", "" },
    { "/* app */ SET a=1 -- b", "SET a=1", "", "" },
    { "SET a=1;", "SET a=1", "", "" },
    /* several assignments */
    { "SET a=1, b=2, @@c=3", "SET a=1,b=2,c=3", "", "" },
    { "SET a=1, a=2", "SET a=2", "", "" },
    { "SET a=1, b=CONCAT(@@b,'x'), c=3", "SET a=1,c=3", "b", "" },
    { "SET a=1, @v=2", "SET a=1", "", "v" },
    { "SET character_set_client=latin1, collation_connection=latin1_bin",
      "SET character_set_client=latin1,collation_connection=latin1_bin", "", "c" },
    /* values that only the server knows */
    { "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", "", "sql_mode", "" },
    { "SET div_precision_increment = 4 + 4", "", "div_precision_increment", "" },
    { "SET timestamp = UNIX_TIMESTAMP()", "", "", "p" },
    { "SET timestamp = 5", "SET timestamp=5", "", "" },
    { "SET sql_mode = @old_mode", "", "sql_mode", "" },
    { "SET sql_mode = 'it''s'", "", "sql_mode", "" },
    { "SET sql_mode = 'a\\b'", "", "sql_mode", "" },
    { "SET lc_time_names = 'd\xc3\xa9'", "", "lc_time_names", "" },
    { "SET max_join_size = (SELECT 5)", "", "max_join_size", "" },
    { "SET sql_mode = 'a' 'b'", "", "sql_mode", "" },
    { "SET wait_timeout = 1 + 1", "", "", "" },
    /* character sets: the server reports the result */
    { "SET NAMES utf8mb4", "SET names 'utf8mb4'", "character_set_client", "cr" },
    { "SET NAMES 'latin1' COLLATE 'latin1_bin'", "SET names 'latin1' COLLATE 'latin1_bin'",
      "character_set_client", "cr" },
    { "SET NAMES DEFAULT", "SET names DEFAULT", "character_set_client", "cr" },
    { "SET NAMES ''", "", "character_set_client", "pcr" },
    { "SET CHARACTER SET utf8mb4", "SET charset 'utf8mb4'", "character_set_client", "cr" },
    { "SET CHARSET 'utf8mb4'", "SET charset 'utf8mb4'", "character_set_client", "cr" },
    { "SET CHARACTER SET DEFAULT", "SET charset DEFAULT", "character_set_client", "cr" },
    { "SET collation_database = latin1_bin", "", "", "p" },
    { "SET character_set_database = latin1", "", "", "p" },
    { "SET @@names = 'latin1'", "", "", "p" },
    { "SET @@charset = 'latin1'", "", "", "p" },
    /* transactions */
    { "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "", "", "" },
    { "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "", "transaction_isolation", "" },
    { "SET SESSION TRANSACTION READ ONLY", "", "transaction_read_only", "" },
    { "SET SESSION TRANSACTION READ\n/**/ONLY", "", "transaction_read_only", "" },
    { "SET LOCAL TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE", "",
      "transaction_isolation transaction_read_only", "" },
    { "SET transaction_isolation = 'READ-COMMITTED'", "SET transaction_isolation='READ-COMMITTED'", "", "" },
    /* global variables */
    { "SET GLOBAL max_connections = 5", "", "", "" },
    { "SET PERSIST max_connections = 5", "", "", "" },
    { "SET @@global.max_connections = 5", "", "", "" },
    { "SET GLOBAL a = 1, SESSION b = 2, c = 3", "SET b=2,c=3", "", "" },
    { "SET GLOBAL TRANSACTION READ ONLY", "", "", "" },
    /* variables without a meaning on another connection */
    { "SET autocommit = 0", "", "", "" },
    { "SET AUTOCOMMIT := ON, sql_log_bin = 0, insert_id = 5", "", "", "lu" },
    { "SET gtid_next = 'AUTOMATIC'", "", "", "u" },
    { "SET sql_log_bin = 0", "", "", "lu" },
    { "SET SESSION wsrep_on = OFF", "SET wsrep_on=OFF", "", "l" },
    { "SET last_insert_id = 5", "", "", "u" },
    { "SET character_set_connection = @a", "", "character_set_connection", "csr" },
    { "SET collation_connection = latin1_bin", "SET collation_connection=latin1_bin", "", "c" },
    { "SET @@transaction_isolation = 'SERIALIZABLE'", "", "", "n" },
    { "SET @@tx_read_only = 1", "", "", "n" },
    { "SET timestamp = DEFAULT", "SET timestamp=DEFAULT", "", "" },
    /* variables for writes: repeated, or the session is pinned */
    { "SET auto_increment_increment = 10, SESSION gtid_domain_id = 7",
      "SET auto_increment_increment=10,gtid_domain_id=7", "", "" },
    { "SET sql_log_bin = 0, auto_increment_offset = 2", "SET auto_increment_offset=2", "", "lu" },
    { "SET optimizer_trace = 'enabled=on'", "", "", "p" },
    /* user variables are not repeated: they stay on the primary, where they are read */
    { "SET @a = 1", "", "", "v" },
    { "SET @a := f(), @'b c' = 2", "", "", "v" },
    /* variables that cannot be repeated on another connection */
    { "SET session_track_schema = 0", "", "", "pt" },
    { "SET SESSION_TRACK_SYSTEM_VARIABLES = '*'", "", "", "pt" },
    { "SET profiling = 1", "", "", "pf" },
    { "SET ROLE admin", "", "", "" },
    { "SET ROLE NONE", "", "", "" },
    { "SET ROLE a, b", "", "", "po" },
    { "SET PASSWORD = 'x'", "", "", "po" },
    { "SET STATEMENT max_statement_time=1 FOR SELECT 1", "", "", "po" },
    { "SET RESOURCE GROUP g", "", "", "po" },
    { "SET @@x = CONCAT('a')", "", "", "p" },
    { "SET `a``b` = 1", "", "", "p" },
    { "SET a.b.c = 1", "SET a.b.c=1", "", "" },
    /* statements that cannot be parsed */
    { "SET", "", "", "pm" },
    { "SET a", "", "", "po" },
    { "SET a = ", "", "", "po" },
    { "SET a = 'open", "", "a", "pm" },
    { "SET a = 1; DROP TABLE t", "SET a=1", "", "pm" },
    { "SELECT 1", "", "", "pm" },
    { "", "", "", "pm" },
};

static struct pending_set *read(const char *sql)
{
    static const struct sql_dialect dialect = { .is_utf8 = true };
    struct pending_set *changes = pending_set_read(span_cstr(sql), &dialect);
    assert_non_null(changes);
    return changes;
}

TEST(statement_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pending_set *changes = read(rows[i].sql);
        struct text constants = { 0 };
        char flags[16];
        vars_diff(&changes->constants, 0, 0, &constants);
        for (size_t n = 0; n < changes->expected.len; n++)
            if (changes->expected.data[n] == '\0')
                changes->expected.data[n] = ' ';
        changes->expected.len -= changes->expected.len > 0;
        assert_row(strcmp(text_cstr(&constants), rows[i].constants) == 0, "%s: %s", rows[i].sql,
                   text_cstr(&constants));
        assert_row(strcmp(text_cstr(&changes->expected), rows[i].expected) == 0, "%s: %s", rows[i].sql,
                   text_cstr(&changes->expected));
        (void)snprintf(flags, sizeof flags, "%s%s%s%s%s%s%s%s%s%s%s%s", changes->needs_pin ? "p" : "",
                       changes->user_count > 0 ? "v" : "", changes->has_tracking ? "t" : "",
                       changes->sets_logging ? "l" : "", changes->sets_untold ? "u" : "",
                       changes->has_others ? "o" : "", changes->charsets > 0 ? "c" : "",
                       changes->has_told_charset ? "s" : "", changes->resets_collation ? "r" : "",
                       changes->sets_next_transaction ? "n" : "", changes->sets_profiling ? "f" : "",
                       changes->is_malformed ? "m" : "");
        assert_row(strcmp(flags, rows[i].flags) == 0, "%s: %s", rows[i].sql, flags);
        text_fini(&constants);
        pending_set_fini(changes);
    }
}

/* ---- user variables ---- */

/* The assignments that can be repeated on another server, and whether there are others. */
static const struct {
    const char *sql, *known;
    bool has_unknown;
} user_rows[] = {
    { "SET @a = 1", "SET @`a`=1", false },
    { "SET @a := 'x y', @`b` = 2", "SET @`a`='x y',@`b`=2", false },
    { "SET @a = 1, sql_mode = '', @b = 3", "SET @`a`=1,@`b`=3", false },
    { "SET @a = 1, @a = 2", "SET @`a`=2", false },
    { "SET @a = @b", "", true },
    { "SET @a = 1, @b = NOW()", "SET @`a`=1", true },
    { "SET @a = 1.50, @b = -2, @c = 2e1", "SET @`a`=1.50,@`b`=-2,@`c`=2e1", false },
    { "SET @a = NULL", "SET @`a`=NULL", false },
    { "SET @a = 18446744073709551616", "SET @`a`=18446744073709551616", false },
    { "SET @a = TRUE", "SET @`a`=TRUE", false },
    { "SET @a = ON", "", true },
    { "SET @a = - 1", "", true },
    { "SET @a = 1 + 1", "", true },
    { "SET @a = _latin1'x'", "", true },
    { "SET @a = 'it''s'", "", true },
    { "SET @'a b' = 1, @`c` = 2", "SET @`a b`=1,@`c`=2", false },
    { "SET @a = ?", "", true },
};

TEST(user_variables_that_mean_the_same_everywhere_are_kept)
{
    for (size_t i = 0; i < COUNT_OF(user_rows); i++) {
        struct pending_set *changes = read(user_rows[i].sql);
        struct text known = { 0 };
        user_variables_say(&changes->user, 0, &known);
        assert_row(strcmp(text_cstr(&known), user_rows[i].known) == 0, "%s: %s", user_rows[i].sql,
                   text_cstr(&known));
        assert_row(changes->has_unknown_user == user_rows[i].has_unknown, "%s: unknown", user_rows[i].sql);
        text_fini(&known);
        pending_set_fini(changes);
    }
}

/* ---- after the server has accepted the statement ---- */

/* Reports the names in `reported`, as session tracking does. */
static void tell(struct vars *vars, const char *reported)
{
    for (const char *at = reported; *at != '\0';) {
        size_t len = strcspn(at, " ");
        assert_true(vars_set(vars, span_of(at, len), SPAN_LITERAL("'told'")));
        at += at[len] == ' ' ? len + 1 : len;
    }
}

/* Reports the names in `reported`, then commits the statement. */
static bool commit(const char *sql, const char *reported, const char *want)
{
    struct vars vars = { 0 };
    struct text out = { 0 };
    struct pending_set *changes = read(sql);
    /* values from earlier statements */
    assert_true(vars_set(&vars, SPAN_LITERAL("time_zone"), SPAN_LITERAL("'+00:00'")));
    assert_true(vars_set(&vars, SPAN_LITERAL("character_set_client"), SPAN_LITERAL("'latin1'")));
    uint64_t before = vars.version;
    tell(&vars, reported);
    bool is_fine = pending_set_commit(changes, &vars, before);
    if (is_fine) {
        vars_diff(&vars, before, before, &out);
        assert_row(strcmp(text_cstr(&out), want) == 0, "%s: %s", sql, text_cstr(&out));
    }
    text_fini(&out);
    vars_fini(&vars);
    pending_set_fini(changes);
    return is_fine;
}

TEST(a_constant_follows_whether_it_is_tracked_or_not)
{
    assert_true(commit("SET sql_mode='ANSI'", "", "SET sql_mode='ANSI'"));
    assert_true(commit("SET sql_mode='ANSI'", "sql_mode", "SET sql_mode='ANSI'"));
    assert_true(commit("SET GLOBAL a=1", "", ""));
    assert_true(commit("SET @a=1", "", ""));
}

TEST(what_only_the_server_knows_must_be_reported_by_this_very_reply)
{
    assert_true(commit("SET sql_mode=CONCAT('a')", "sql_mode", "SET sql_mode='told'"));
    assert_true(commit("SET SQL_MODE=CONCAT('a')", "sql_mode", "SET sql_mode='told'"));
    assert_false(commit("SET sql_mode=CONCAT('a')", "", ""));
    assert_false(commit("SET sql_mode=CONCAT('a')", "lc_time_names", ""));
    /* a value known from an earlier statement is not enough */
    assert_false(commit("SET time_zone=CONCAT('a')", "", ""));
    assert_true(commit("SET NAMES utf8mb4", "character_set_client", "SET names 'utf8mb4'"));
    assert_false(commit("SET NAMES utf8mb4", "", ""));
    assert_false(commit("SET a=f(), b=f()", "a", ""));
    assert_true(commit("SET a=f(), b=f()", "b a", "SET b='told',a='told'"));
}

TEST(names_among_others_are_followed_in_their_order)
{
    static const char told[] = "character_set_client";
    assert_true(commit("SET NAMES latin1, sql_mode='ANSI'", told, "SET names 'latin1',sql_mode='ANSI'"));
    assert_true(commit("SET sql_mode='ANSI', NAMES latin1", told, "SET names 'latin1',sql_mode='ANSI'"));
    assert_true(commit("SET NAMES latin1, character_set_results=NULL", told,
                       "SET names 'latin1',character_set_results=NULL"));
    assert_true(commit("SET character_set_results=NULL, NAMES latin1", told, "SET names 'latin1'"));
    assert_true(
        commit("SET NAMES latin1, character_set_results=NULL, NAMES utf8mb4", told, "SET names 'utf8mb4'"));
    assert_true(commit("SET NAMES latin1, CHARSET utf8mb4", told, "SET charset 'utf8mb4'"));
    assert_true(commit("SET NAMES latin1, collation_connection=latin1_bin", told,
                       "SET names 'latin1',collation_connection=latin1_bin"));
    assert_true(commit("SET collation_connection=latin1_bin, character_set_connection=latin1", "",
                       "SET character_set_connection=latin1"));
    assert_true(commit("SET NAMES latin1, time_zone=f()", "character_set_client time_zone",
                       "SET names 'latin1',time_zone='told'"));
    assert_false(commit("SET NAMES latin1, character_set_results=f()",
                        "character_set_client character_set_results", ""));
    assert_true(commit("SET a=1, a=f()", "a", "SET a='told'"));
    assert_true(commit("SET a=f(), a=1", "a", "SET a='told'")); /* the last value is the same */
}

/* Statements in order, and the SETs for a new connection after all of them. `told` is reported before each
 * commit. */
TEST(what_is_said_after_all_of_them)
{
    static const struct {
        const char *sql[3], *told[3], *want;
        bool follows_schema;
    } cases[] = {
        { { "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET character_set_connection=latin1" },
          { "character_set_client", "" },
          "SET names 'utf8mb4' COLLATE 'utf8mb4_bin',character_set_connection=latin1",
          false },
        { { "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
            "SET collation_connection=latin1_bin, character_set_connection=utf8mb4" },
          { "character_set_client", "" },
          "SET names 'utf8mb4' COLLATE 'utf8mb4_bin',character_set_connection=utf8mb4",
          false },
        { { "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET collation_connection=latin1_bin",
            "SET character_set_connection=f()" },
          { "character_set_client", "collation_connection", "character_set_connection" },
          "SET names 'utf8mb4' COLLATE 'utf8mb4_bin',character_set_connection='told'",
          false },
        { { "SET character_set_connection=latin1", "SET collation_connection=utf8mb4_bin" },
          { "", "collation_connection" },
          "SET character_set_connection=latin1,collation_connection=utf8mb4_bin",
          false },
        { { "SET CHARACTER SET latin1" }, { "character_set_client" }, "SET charset 'latin1'", true },
        { { "SET CHARACTER SET latin1", "SET character_set_results=NULL" },
          { "character_set_client", "" },
          "SET charset 'latin1',character_set_results=NULL",
          true },
        { { "SET CHARACTER SET latin1", "SET character_set_connection=utf8mb4" },
          { "character_set_client character_set_connection", "" },
          "SET charset 'latin1',character_set_connection=utf8mb4",
          false },
        { { "SET CHARACTER SET latin1", "SET collation_connection=utf8mb4_bin" },
          { "character_set_client", "" },
          "SET charset 'latin1',collation_connection=utf8mb4_bin",
          false },
        { { "SET CHARACTER SET latin1", "SET NAMES latin1 COLLATE latin1_bin" },
          { "character_set_client", "character_set_client" },
          "SET names 'latin1' COLLATE 'latin1_bin'",
          false },
        { { "SET NAMES latin1 COLLATE latin1_bin", "SET collation_connection=utf8mb4_bin",
            "SET CHARACTER SET DEFAULT" },
          { "character_set_client", "", "character_set_client" },
          "SET charset DEFAULT",
          true },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct vars vars = { 0 };
        struct text out = { 0 };
        for (size_t n = 0; n < COUNT_OF(cases[i].sql) && cases[i].sql[n] != NULL; n++) {
            struct pending_set *changes = read(cases[i].sql[n]);
            uint64_t before = vars.version;
            tell(&vars, cases[i].told[n]);
            assert_row(pending_set_commit(changes, &vars, before), "%s", cases[i].sql[n]);
            pending_set_fini(changes);
        }
        vars_diff(&vars, 0, 0, &out);
        assert_row(strcmp(text_cstr(&out), cases[i].want) == 0, "%zu: %s", i, text_cstr(&out));
        assert_row(vars_follows_schema(&vars) == cases[i].follows_schema, "%zu: schema", i);
        text_fini(&out);
        vars_fini(&vars);
    }
}

TEST(refusals_that_come_before_anything_is_done)
{
    static const struct {
        const char *sql;
        uint16_t code;
        bool is_whole;
    } refusals[] = {
        { "SET a=1, nosuch=2", 1193, true },
        { "SET a=1, time_zone='x'", 1298, true },
        { "SET NAMES nosuch, a=1", 1115, true },
        /* MySQL refuses `insert_id = DEFAULT` after it has assigned the others */
        { "SET a=1, b=2", 1230, false },
        { "SET a=1", 1230, true },
        { "SET a=1, b=2", 1213, false },
        { "SET a=1, PASSWORD='x'", 1193, false },
        { "SET profiling=1", 1231, true },
        { "SET profiling=1", 1205, false },
        { "SET a=1; SET nosuch=2", 1193, false },
    };
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct pending_set *changes = read(refusals[i].sql);
        assert_row(pending_set_is_whole_refusal(changes, refusals[i].code) == refusals[i].is_whole, "%s: %u",
                   refusals[i].sql, refusals[i].code);
        pending_set_fini(changes);
    }
}

TEST(what_holds_its_connection_is_noted_by_name)
{
    static const char *const held[][2] = {
        { "SET sql_log_bin = 0", "SET sql_log_bin=0" },
        { "SET @@session.sql_log_bin = DEFAULT, a = 1", "SET sql_log_bin=DEFAULT" },
        { "SET pseudo_thread_id = @x", "SET pseudo_thread_id=?" },
        { "SET gtid_next = 'AUTOMATIC'", "SET gtid_next='AUTOMATIC'" },
        { "SET auto_increment_offset = 2", "" },
    };
    for (size_t i = 0; i < COUNT_OF(held); i++) {
        struct pending_set *changes = read(held[i][0]);
        struct text out = { 0 };
        vars_diff(&changes->held, 0, 0, &out);
        assert_string_equal(text_cstr(&out), held[i][1]);
        assert_false(changes->needs_pin);
        text_fini(&out);
        pending_set_fini(changes);
    }
}

TEST(older_mariadb_reports_two_under_their_old_names)
{
    static const char sql[] = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY";
    assert_true(commit(sql, "tx_isolation tx_read_only", "SET tx_isolation='told',tx_read_only='told'"));
    assert_true(commit(sql, "transaction_isolation transaction_read_only",
                       "SET transaction_isolation='told',transaction_read_only='told'"));
    assert_false(commit(sql, "tx_isolation", ""));
    assert_false(commit(sql, "", ""));
}

TEST(what_cannot_follow_pins_though_the_rest_is_noted)
{
    assert_false(commit("SET ROLE r, s", "", ""));
    assert_false(commit("SET a=1, profiling=1", "", ""));
    assert_false(commit("SET session_track_schema=0", "session_track_schema", ""));
}

TEST(without_memory_the_session_is_pinned)
{
    struct sql_dialect dialect = { 0 };
    unsigned pinned = 0;
    for (long fail_at = 0; fail_at < 8; fail_at++) {
        mem_fail_after(fail_at);
        struct pending_set *changes = pending_set_read(SPAN_LITERAL("SET a='1', b=f()"), &dialect);
        mem_fail_after(-1);
        assert_int_equal(changes == NULL, fail_at == 0);
        if (changes == NULL)
            continue;
        pinned += changes->needs_pin;
        if (!changes->needs_pin) {
            struct text out = { 0 };
            vars_diff(&changes->constants, 0, 0, &out);
            assert_string_equal(text_cstr(&out), "SET a='1'");
            assert_int_equal(changes->expected.len, 2);
            text_fini(&out);
        }
        pending_set_fini(changes);
    }
    for (long fail_at = 1; fail_at < 5; fail_at++) {
        mem_fail_after(fail_at);
        struct pending_set *changes = pending_set_read(SPAN_LITERAL("SET pseudo_thread_id=@x"), &dialect);
        mem_fail_after(-1);
        assert_int_equal(changes->needs_pin,
                         vars_get(&changes->held, SPAN_LITERAL("pseudo_thread_id")).len == 0);
        pending_set_fini(changes);
    }
    /* five allocations in the first: the literal, the table, its name, its value, the expected name */
    assert_int_equal(pinned, 5);
    pending_set_fini(NULL);
}

RUN_TESTS(NULL, NULL)
