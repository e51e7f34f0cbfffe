/* LAST_INSERT_ID(): which statements generate ids that no OK tells, and whether a later id is lost. */
#include "../base/unit.h"

#include "state/insert_id.h"
#include "stored_code/stored_code.h"

static const struct {
    const char *name;
    struct sql_facts facts;
    struct job_reply reply;
    bool is_unknown;
} rows[] = {
    { "SELECT", { .kind = SQL_SELECT }, { .has_rows = true }, false },
    { "INSERT", { .kind = SQL_WRITE }, { .affected = 1 }, false },
    { "INSERT … RETURNING", { .kind = SQL_WRITE }, { .has_rows = true }, true },
    { "INSERT that fails", { .kind = SQL_WRITE }, { .has_error = true }, true },
    { "SELECT that fails", { .kind = SQL_SELECT }, { .has_error = true }, false },
    { "LOAD DATA", { .kind = SQL_WRITE, .is_load = true }, { .affected = 1 }, true },
    { "stored code that writes", { .code_effects = CODE_WRITES }, { .affected = 1 }, true },
    { "stored code that gives an id", { .code_effects = CODE_INSERT_ID }, { .affected = 1 }, true },
    { "stored code that reads", { .code_effects = CODE_PRIMARY }, { .affected = 1 }, false },
    { "unknown stored code", { .may_hide_state = true }, { .affected = 1 }, true },
    { "SELECT LAST_INSERT_ID(5)", { .gives_insert_id = true }, { .affected = 1 }, true },
};

TEST(untold_ids_are_known_to_their_connection)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct facets facets = { 0 };
        struct slot primary = { .generation = 3 }, replica = { .generation = 4 };
        struct slot *const slots[SLOT_COUNT] = { [ROUTE_PRIMARY] = &primary, [ROUTE_REPLICA] = &replica };
        struct job job = { .place = ROUTE_PRIMARY, .facts = rows[i].facts, .reply = rows[i].reply };
        insert_id_note_done(&facets, slots, &job);
        assert_row(facets.insert_id.is_unknown == rows[i].is_unknown, "%s", rows[i].name);
        assert_row(facets.insert_id.known_by == (rows[i].is_unknown ? 3 : 0), "%s", rows[i].name);
        assert_false(insert_id_is_lost(&facets.insert_id, slots));
        /* the connection is gone: the id stays lost until a reply tells one */
        primary.generation = 5;
        assert_row(insert_id_is_lost(&facets.insert_id, slots) == rows[i].is_unknown, "%s", rows[i].name);
        insert_id_note_done(&facets, slots, &job);
        assert_row(insert_id_is_lost(&facets.insert_id, slots) == rows[i].is_unknown, "%s", rows[i].name);
        insert_id_note_told(&facets, &job, &primary, 9);
        assert_true(job.reply.has_insert_id && !facets.insert_id.is_unknown);
        assert_true(facets.insert_id.value == 9 && primary.insert_id == 9);
        insert_id_note_done(&facets, slots, &job);
        assert_true(facets.insert_id.known_by == 5 && !facets.insert_id.is_unknown);
        primary.generation = 6, replica.generation = 5;
        assert_false(insert_id_is_lost(&facets.insert_id, slots));
    }
}

TEST(questions_are_known_by_their_words)
{
    assert_true(insert_id_is_asked_for(SPAN_LITERAL("SELECT last_insert_id()")));
    assert_true(insert_id_is_asked_for(SPAN_LITERAL("SELECT @@identity")));
    assert_false(insert_id_is_asked_for(SPAN_LITERAL("SELECT last_id, ident FROM t")));
}

RUN_TESTS(NULL, NULL)
