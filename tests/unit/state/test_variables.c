#include "variables_test.h"

#include "base/mem.h"

static void set(struct vars *vars, const char *name, const char *literal)
{
    assert_row(vars_set(vars, span_cstr(name), span_cstr(literal)), "%s", name);
}

static void assert_diff(const struct vars *vars, uint64_t since, const char *want)
{
    struct text out = { 0 };
    vars_diff(vars, since, since, &out);
    assert_string_equal(text_cstr(&out), want);
    text_fini(&out);
}

TEST(manner_rows)
{
    static const struct {
        const char *name;
        enum vars_manner manner;
    } rows[] = {
        { "sql_mode", VARS_APPLY },
        { "time_zone", VARS_APPLY },
        { "character_set_client", VARS_APPLY },
        { "tx_isolation", VARS_APPLY },
        { "transaction_isolation", VARS_APPLY },
        { "never_heard_of_it", VARS_APPLY },
        { "autocommit", VARS_IGNORE },
        { "AutoCommit", VARS_IGNORE },
        { "autocommit_", VARS_APPLY },
        { "last_insert_id", VARS_IGNORE },
        { "timestamp", VARS_UNTRACKED },
        { "insert_id", VARS_HOLD },
        { "gtid_next", VARS_HOLD },
        { "GTID_SEQ_NO", VARS_HOLD },
        { "gtid", VARS_APPLY },
        { "gtid_domain_id", VARS_APPLY_WRITES },
        { "server_id", VARS_APPLY_WRITES },
        { "Binlog_Row_Image", VARS_APPLY_WRITES },
        { "auto_increment_offset", VARS_APPLY_WRITES },
        { "pseudo_thread_id", VARS_HOLD },
        { "sql_log_bin", VARS_HOLD },
        { "character_set_database", VARS_IGNORE },
        { "session_track_schema", VARS_PIN },
        { "SESSION_TRACK_STATE_CHANGE", VARS_PIN },
        { "session_tracking", VARS_APPLY },
        { "rand_seed1", VARS_PIN },
        { "profiling", VARS_PIN },
        { "profiling_history_size", VARS_PIN },
        { "wait_timeout", VARS_EMULATE },
        { "innodb_lock_wait_timeout", VARS_APPLY },
        { "optimizer_trace", VARS_PIN },
        { "optimizer_trace_limit", VARS_PIN },
        { "", VARS_APPLY },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(vars_manner_of(span_cstr(rows[i].name)) == rows[i].manner, "%s", rows[i].name);
}

TEST(defaults_of_what_holds_a_connection)
{
    static const struct {
        const char *name, *literal;
        bool is_default;
    } rows[] = {
        { "sql_log_bin", "1", true },
        { "SQL_LOG_BIN", "'on'", true },
        { "sql_log_bin", "true", true },
        { "sql_log_bin", "DEFAULT", true },
        { "sql_log_bin", "0", false },
        { "sql_log_bin", "", false },
        { "sql_log_bin", "?", false },
        { "skip_replication", "0", true },
        { "skip_replication", "1", false },
        { "gtid_next", "'AUTOMATIC'", true },
        { "gtid_next", "'AUTOMATIC:a'", false },
        { "gtid_seq_no", "0", true },
        { "gtid_seq_no", "00", false },
        { "pseudo_thread_id", "DEFAULT", false },
        { "insert_id", "0", true },
        { "autocommit", "on", true },
        { "autocommit", "0", false },
        { "insert_id", "'", false },
        { "sql_mode", "DEFAULT", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(vars_is_default(span_cstr(rows[i].name), span_cstr(rows[i].literal)) == rows[i].is_default,
                   "%s=%s", rows[i].name, rows[i].literal);
}

TEST(what_a_statement_uses_up)
{
    assert_string_equal(vars_used_up(SPAN_LITERAL("Insert_ID")), "insert_id");
    assert_string_equal(vars_used_up(SPAN_LITERAL("gtid_seq_no")), "gtid_seq_no");
    assert_null(vars_used_up(SPAN_LITERAL("gtid_next")));
    assert_null(vars_used_up(SPAN_LITERAL("insert_i")));
    assert_null(vars_used_up((struct span){ 0 }));
}

TEST(what_concerns_writes_is_said_where_they_are)
{
    struct vars vars = { 0 };
    struct text out = { 0 };
    size_t at = 0;
    struct span name, literal;
    set(&vars, "sql_mode", "''");
    assert_false(vars.has_for_writes);
    set(&vars, "AUTO_INCREMENT_OFFSET", "3");
    assert_true(vars.has_for_writes);
    vars_diff(&vars, 0, VARS_NONE, &out);
    assert_string_equal(text_cstr(&out), "SET sql_mode=''");
    text_clear(&out);
    vars_diff(&vars, vars.version, 0, &out);
    assert_string_equal(text_cstr(&out), "SET AUTO_INCREMENT_OFFSET=3");
    text_clear(&out);
    vars_diff(&vars, vars.version, vars.version, &out);
    assert_int_equal(out.len, 0);
    assert_true(vars_next(&vars, &at, &name, &literal) && span_is(name, "sql_mode"));
    assert_false(vars_next(&vars, &at, &name, &literal));
    vars_clear(&vars);
    assert_false(vars.has_for_writes);
    text_fini(&out);
    vars_fini(&vars);
}

TEST(literal_rows)
{
    static const struct {
        const char *name, *value, *literal; /* NULL: refused */
    } rows[] = {
        { "sql_mode", "", "''" },
        { "sql_mode", "STRICT_TRANS_TABLES,ANSI", "'STRICT_TRANS_TABLES,ANSI'" },
        { "time_zone", "+02:00", "'+02:00'" },
        { "time_zone", "Europe/Berlin", "'Europe/Berlin'" },
        { "max_heap_table_size", "16777216", "16777216" },
        { "timestamp", "1700000000.123456", "1700000000.123456" },
        { "x", "-5", "-5" },
        { "x", "0.9", "0.9" },
        { "x", "-", "'-'" },
        { "x", "--5", "'--5'" },
        { "x", "1.2.3", "'1.2.3'" },
        { "x", ".", "'.'" },
        { "x", "1e5", "'1e5'" },
        { "x", "0x41", "'0x41'" },
        { "x", "ON", "'ON'" },
        { "x", "a,b=c;-- d/*e*/#`f`", "'a,b=c;-- d/*e*/#`f`'" },
        { "character_set_results", "", "NULL" },
        { "CHARACTER_SET_RESULTS", "", "NULL" },
        { "character_set_results", "utf8mb4", "'utf8mb4'" },
        { "x", "it's", NULL },
        { "x", "\"", NULL },
        { "x", "a\\b", NULL },
        { "x", "a\\", NULL },
        { "x", "\xc3\xa4", NULL },
        { "x", "\xbf'", NULL },
        { "x", "a\nb", NULL },
        { "x", "\x7f", NULL },
        { "x", "\x1a", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text literal = { 0 };
        bool is_safe = vars_literal(span_cstr(rows[i].name), span_cstr(rows[i].value), &literal);
        assert_row(is_safe == (rows[i].literal != NULL), "%s", rows[i].value);
        if (is_safe)
            assert_string_equal(text_cstr(&literal), rows[i].literal);
        text_fini(&literal);
    }
    struct text literal = { 0 };
    assert_false(vars_literal(SPAN_LITERAL("x"), SPAN_LITERAL("a\0b"), &literal));
    text_fini(&literal);
}

/* No value from a peer makes SQL that means anything but one literal. */
TEST(no_value_leaves_its_quotes)
{
    uint64_t seed = 111;
    static const char dangerous[] = "'\"\\`;-/*#0189.\xbf\x5c\n\r a,=()";
    for (unsigned i = 0; i < 50000; i++) {
        struct text literal = { 0 };
        char value[12];
        size_t len = next_random(&seed) % sizeof value;
        for (size_t n = 0; n < len; n++)
            value[n] = chance(&seed, 4) ? (char)next_random(&seed)
                                        : dangerous[next_random(&seed) % (sizeof dangerous - 1)];
        if (vars_literal(SPAN_LITERAL("x"), span_of(value, len), &literal)) {
            bool is_quoted =
                literal.len >= 2 && literal.data[0] == '\'' && literal.data[literal.len - 1] == '\'';
            for (size_t n = is_quoted; n < literal.len - is_quoted; n++) {
                char c = literal.data[n];
                assert_true(is_quoted ? c >= 0x20 && c < 0x7f && c != '\'' && c != '\\'
                                      : (c >= '0' && c <= '9') || c == '.' || (c == '-' && n == 0));
            }
        }
        text_fini(&literal);
    }
}

TEST(what_cannot_be_kept_is_refused_and_nothing_changes)
{
    struct vars vars = { 0 };
    char long_text[2100];
    memset(long_text, 'a', sizeof long_text);
    set(&vars, "a", "1");
    static const char *const names[] = { "",   "a b", "a`", "a=1,b",    "a'", "a\"",
                                         "a;", "a-b", "@a", "\xc3\xa4", "a\n" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_row(!vars_set(&vars, span_cstr(names[i]), SPAN_LITERAL("1")), "%s", names[i]);
    assert_false(vars_set(&vars, span_of(long_text, 65), SPAN_LITERAL("1")));
    assert_true(vars_set(&vars, span_of(long_text, 64), SPAN_LITERAL("1")));
    assert_false(vars_set(&vars, SPAN_LITERAL("b"), (struct span){ 0 }));
    assert_false(vars_set(&vars, SPAN_LITERAL("b"), span_of(long_text, 2049)));
    assert_int_equal(vars.version, 2);
    assert_diff(&vars, 1, "SET aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1");
    assert_true(vars_set(&vars, span_of(long_text, 64), span_of(long_text, 2048)));
    vars_fini(&vars);
}

TEST(only_what_is_newer_is_said)
{
    struct vars vars = { 0 };
    assert_diff(&vars, 0, "");
    set(&vars, "sql_mode", "'ANSI'");
    set(&vars, "time_zone", "'+02:00'");
    assert_diff(&vars, 0, "SET sql_mode='ANSI',time_zone='+02:00'");
    assert_diff(&vars, 1, "SET time_zone='+02:00'");
    assert_diff(&vars, 2, "");
    set(&vars, "SQL_MODE", "''"); /* the same variable in other letter case */
    assert_int_equal(vars.count, 2);
    assert_diff(&vars, 2, "SET sql_mode=''");
    assert_true(vars_is_newer(&vars, SPAN_LITERAL("Sql_Mode"), 2));
    assert_false(vars_is_newer(&vars, SPAN_LITERAL("time_zone"), 2));
    assert_false(vars_is_newer(&vars, SPAN_LITERAL("other"), 0));
    vars_fini(&vars);
}

/* Setting a character set resets the collation. In whatever order they were set, the character set is sent
 * first. */
TEST(character_sets_are_said_first)
{
    struct vars vars = { 0 };
    set(&vars, "collation_connection", "'utf8mb4_bin'");
    set(&vars, "sql_mode", "''");
    set(&vars, "character_set_connection", "'utf8mb4'");
    set(&vars, "character_set_client", "'utf8mb4'");
    assert_diff(&vars, 0,
                "SET character_set_connection='utf8mb4',character_set_client='utf8mb4',"
                "collation_connection='utf8mb4_bin',sql_mode=''");
    vars_fini(&vars);
}

/* ---- the model ---- */

static const char *const model_names[] = { "sql_mode",
                                           "time_zone",
                                           "character_set_client",
                                           "character_set_results",
                                           "lc_time_names",
                                           "lock_wait_timeout",
                                           "max_join_size",
                                           "a.b",
                                           "x9_" };

static void set_at_random(struct vars *vars, struct map *map, uint64_t *seed)
{
    const char *name = model_names[next_random(seed) % COUNT_OF(model_names)];
    char literal[64];
    static const char *const around[][2] = { { "", "" }, { "'", "'" }, { "'a,b=", "'" }, { "'%s ", ",'" } };
    unsigned form = next_random(seed) % COUNT_OF(around);
    (void)snprintf(literal, sizeof literal, "%s%u%s", around[form][0], next_random(seed) % 100,
                   around[form][1]);
    set(vars, name, literal);
    map_set(map, span_cstr(name), span_cstr(literal));
}

/* Upstreams fall behind at different times. Applying the difference makes each one equal to the session, from
 * any earlier state. */
TEST(a_diff_makes_any_upstream_equal)
{
    enum { UPSTREAMS = 4 };
    static struct map session, upstreams[UPSTREAMS];
    uint64_t seed = 112;
    for (unsigned round = 0; round < 100; round++) {
        struct vars vars = { 0 };
        uint64_t versions[UPSTREAMS] = { 0 };
        session.count = 0;
        for (unsigned i = 0; i < UPSTREAMS; i++)
            upstreams[i].count = 0;
        for (unsigned step = 0; step < 60; step++) {
            unsigned i = next_random(&seed) % UPSTREAMS;
            if (!chance(&seed, 3)) {
                uint64_t before = vars.version;
                set_at_random(&vars, &session, &seed);
                assert_true(vars.version > before);
                continue;
            }
            struct text out = { 0 };
            vars_diff(&vars, versions[i], versions[i], &out);
            assert_true((out.len == 0) == (versions[i] == vars.version));
            map_run(&upstreams[i], text_span(&out));
            versions[i] = vars.version;
            assert_true(map_equal(&session, &upstreams[i]));
            text_fini(&out);
        }
        vars_fini(&vars);
    }
}

TEST(clearing_forgets_but_no_upstream_is_taken_for_equal)
{
    struct vars vars = { 0 };
    vars_clear(&vars);
    assert_int_equal(vars.version, 0);
    set(&vars, "a", "1");
    uint64_t before = vars.version;
    vars_clear(&vars);
    assert_true(vars.version > before);
    assert_diff(&vars, 0, "");
    set(&vars, "b", "2");
    assert_diff(&vars, 0, "SET b=2");
    vars_fini(&vars);
    vars_fini(&vars);
}

TEST(too_many_variables_are_refused_and_the_kept_ones_stay)
{
    struct vars vars = { 0 };
    char name[16];
    for (unsigned i = 0; i < VARS_MAX; i++) {
        (void)snprintf(name, sizeof name, "v%u", i);
        set(&vars, name, "1");
    }
    assert_false(vars_set(&vars, SPAN_LITERAL("one_more"), SPAN_LITERAL("1")));
    set(&vars, "v7", "2"); /* variables that are in the table may still change */
    assert_true(vars_is_newer(&vars, SPAN_LITERAL("v7"), VARS_MAX));
    vars_fini(&vars);
}

/* Whichever allocation fails: the call is refused, the old value stays, and no text is cut. */
TEST(without_memory_the_old_values_stay)
{
    for (long fail_at = 0; fail_at < 3; fail_at++) {
        struct vars vars = { 0 };
        set(&vars, "a", "1");
        uint64_t before = vars.version;
        mem_fail_after(0);
        assert_false(vars_set(&vars, SPAN_LITERAL("a"), SPAN_LITERAL("2")));
        mem_fail_after(fail_at);
        bool is_set = vars_set(&vars, SPAN_LITERAL("b"), SPAN_LITERAL("3"));
        mem_fail_after(-1);
        assert_int_equal(is_set, fail_at == 2);
        assert_int_equal(vars.version, before + is_set);
        assert_diff(&vars, 0, is_set ? "SET a=1,b=3" : "SET a=1");
        set(&vars, "b", "4");
        assert_diff(&vars, 0, "SET a=1,b=4");
        vars_fini(&vars);
    }
}

TEST(the_access_mode_is_known_under_both_names)
{
    struct vars vars = { 0 };
    assert_false(vars.is_read_only);
    set(&vars, "tx_read_only", "'ON'");
    assert_true(vars.is_read_only);
    set(&vars, "sql_mode", "''");
    assert_true(vars.is_read_only);
    set(&vars, "TRANSACTION_READ_ONLY", "0");
    assert_false(vars.is_read_only);
    set(&vars, "transaction_read_only", "1");
    assert_true(vars.is_read_only);
    vars_clear(&vars);
    assert_false(vars.is_read_only);
    vars_fini(&vars);
}

TEST(reads_that_may_find_the_last_id_are_known)
{
    struct vars vars = { 0 };
    set(&vars, "sql_auto_is_null", "0");
    assert_false(vars.is_auto_is_null);
    set(&vars, "SQL_AUTO_IS_NULL", "1");
    assert_true(vars.is_auto_is_null);
    assert_false(vars.is_read_only);
    set(&vars, "sql_auto_is_null", "DEFAULT");
    assert_false(vars.is_auto_is_null);
    set(&vars, "sql_auto_is_null", "'ON'");
    vars_clear(&vars);
    assert_false(vars.is_auto_is_null);
    vars_fini(&vars);
}

TEST(names_are_said_first_and_hide_what_they_set)
{
    struct vars vars = { 0 };
    set(&vars, "sql_mode", "'ANSI'");
    set(&vars, "character_set_results", "'latin1'");
    set(&vars, "collation_connection", "'latin1_bin'");
    set(&vars, "names", "'utf8mb4' COLLATE 'utf8mb4_bin'");
    assert_diff(&vars, 0, "SET names 'utf8mb4' COLLATE 'utf8mb4_bin',sql_mode='ANSI'");
    set(&vars, "Character_Set_Results", "'utf8mb3'");
    assert_diff(&vars, 0,
                "SET names 'utf8mb4' COLLATE 'utf8mb4_bin',character_set_results='utf8mb3',sql_mode='ANSI'");
    vars_unset(&vars, VARS_NAMES);
    assert_diff(&vars, 0,
                "SET character_set_results='utf8mb3',sql_mode='ANSI',collation_connection='latin1_bin'");
    vars_fini(&vars);
}

TEST(values_come_in_the_order_in_which_they_were_set)
{
    static const char *const sets[] = { "sql_mode", "time_zone", "lc_messages", "sql_mode" };
    static const char *const wanted[] = { "time_zone", "lc_messages", "sql_mode" };
    struct vars vars = { 0 };
    struct span name, literal;
    uint64_t version = 0;
    assert_false(vars_after(&vars, &version, &name, &literal));
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        assert_true(vars_set(&vars, span_cstr(sets[i]), SPAN_LITERAL("'x'")));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_true(vars_after(&vars, &version, &name, &literal));
        assert_span(name, wanted[i]);
        assert_span(literal, "'x'");
    }
    assert_false(vars_after(&vars, &version, &name, &literal));
    vars_fini(&vars);
}

RUN_TESTS(NULL, NULL)
