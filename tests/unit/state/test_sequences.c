/* Sequences from which a session has drawn, and questions for values that its connection has not drawn. */
#include "../base/unit.h"

#include "state/sequences.h"

static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };

/* Runs a statement in the schema "app" on the slot's connection, at time `now_us`. */
static void run(struct slot *slot, const char *sql, bool has_error, uint64_t now_us)
{
    struct job job = { .reply.has_error = has_error, .draws.count = 3 }; /* draws of an earlier job */
    sequences_read(&job.draws, span_cstr(sql), SPAN_LITERAL("app"), &dialect);
    sequences_note(&job, slot, now_us);
}

static bool are_lost(const struct slot *slot, const char *sql, const char *schema)
{
    return sequences_are_lost(slot, span_cstr(sql), span_cstr(schema), &dialect);
}

TEST(questions_need_a_draw_on_the_same_connection)
{
    static const struct {
        const char *sql, *schema;
        bool is_lost;
    } rows[] = {
        { "SELECT 1", "app", false },
        { "SELECT LASTVAL(s)", "app", false },
        { "SELECT LASTVAL(app.s)", "x", false },
        { "SELECT PREVIOUS VALUE FOR d.t", "app", false },
        { "SELECT LASTVAL(s)", "x", true },
        { "SELECT LASTVAL(t)", "app", true },
        { "SELECT LASTVAL('s')", "app", true },
        { "SELECT NEXTVAL(u)", "app", false },
        { "SELECT LASTVAL(s), LASTVAL(u)", "app", true },
    };
    struct upstream upstream = { 0 };
    struct slot slot = { .upstream = &upstream, .generation = 7 };
    run(&slot, "SELECT NEXTVAL(s), NEXT VALUE FOR d.t, NEXTVAL(s), NEXTVAL('x')", false, 5);
    assert_int_equal(slot.draws.count, 2);
    assert_true(slot.has_own_writes && slot.drawn_us == 5);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(are_lost(&slot, rows[i].sql, rows[i].schema) == rows[i].is_lost, "%s in %s", rows[i].sql,
                   rows[i].schema);
    slot.upstream = NULL;
    assert_true(are_lost(&slot, "SELECT LASTVAL(s)", "app"));
    slot.upstream = &upstream;
    run(&slot, "SELECT NEXTVAL(u)", false, 6);
    assert_int_equal(slot.draws.count, 3);
    assert_false(are_lost(&slot, "SELECT LASTVAL(u), LASTVAL(s)", "app"));
}

TEST(only_draws_that_succeed_are_remembered)
{
    struct upstream upstream = { 0 };
    struct slot slot = { .upstream = &upstream, .generation = 7 };
    char sql[40];
    run(&slot, "SELECT NEXTVAL(s)", true, 5);
    run(&slot, "SELECT LASTVAL(s)", false, 6);
    assert_true(slot.draws.count == 0 && slot.drawn_us == 0);
    run(&slot, "SELECT NEXTVAL('s')", false, 7); /* a sequence without a known name */
    assert_true(slot.draws.count == 0 && slot.drawn_us == 7);
    for (unsigned i = 0; i <= DRAWS_MAX; i++) {
        (void)snprintf(sql, sizeof sql, "SELECT NEXTVAL(s%u)", i);
        run(&slot, sql, false, 8);
    }
    assert_false(are_lost(&slot, "SELECT LASTVAL(s0), LASTVAL(s7)", "app"));
    assert_true(are_lost(&slot, "SELECT LASTVAL(s8)", "app"));
    struct slot other = { .upstream = &upstream };
    run(&other,
        "SELECT NEXTVAL(s0), NEXTVAL(s1), NEXTVAL(s2), NEXTVAL(s3), NEXTVAL(s4), NEXTVAL(s5), NEXTVAL(s6), "
        "NEXTVAL(s7), NEXTVAL(s8)",
        false, 9);
    assert_memory_equal(&other.draws, &slot.draws, sizeof slot.draws);
}

RUN_TESTS(NULL, NULL)
