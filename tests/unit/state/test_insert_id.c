/* LAST_INSERT_ID(): which statements generate ids that no OK tells, and whether a later id is lost. */
#include "../base/unit.h"

#include "state/facet.h"
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

TEST(lost_id_is_that_of_its_connection)
{
    for (uint64_t generation = 3; generation <= 4; generation++) {
        const struct slot slot = { .generation = generation };
        struct insert_id id = { .known_by = 3 };
        insert_id_note_untold(&id, &slot);
        assert_true(id.known_by == (generation == 3 ? ANSWERS_LOST : 3));
    }
}

/* The session's id is 7. */
static const struct {
    enum listener_mode mode;
    enum route_place place;
    enum sql_kind kind;
    uint16_t status;
    bool refers_previous;
    uint64_t there; /* the id of the connection */
    enum sync_task task;
} applied[] = {
    { LISTENER_SPLIT, ROUTE_PRIMARY, SQL_SELECT, STATUS_AUTOCOMMIT, false, 6, SYNC_VARS },
    { LISTENER_SPLIT, ROUTE_PRIMARY, SQL_SELECT, STATUS_AUTOCOMMIT, false, 7, SYNC_NOTHING },
    { LISTENER_SPLIT, ROUTE_PRIMARY, SQL_SELECT, STATUS_AUTOCOMMIT, true, 6, SYNC_NOTHING },
    { LISTENER_SPLIT, ROUTE_REPLICA, SQL_SELECT, STATUS_AUTOCOMMIT, false, 6, SYNC_NOTHING },
    { LISTENER_REPLICA, ROUTE_REPLICA, SQL_SELECT, STATUS_AUTOCOMMIT, false, 6, SYNC_VARS },
    { LISTENER_SPLIT, ROUTE_REPLICA, SQL_BEGIN, STATUS_AUTOCOMMIT, false, 6, SYNC_VARS },
    { LISTENER_SPLIT, ROUTE_REPLICA, SQL_BEGIN, STATUS_AUTOCOMMIT, true, 6, SYNC_NOTHING },
    { LISTENER_SPLIT, ROUTE_REPLICA, SQL_BEGIN, STATUS_AUTOCOMMIT, false, 7, SYNC_NOTHING },
    { LISTENER_SPLIT, ROUTE_REPLICA, SQL_SELECT, 0, false, 6, SYNC_VARS },
};

TEST(connection_where_the_id_may_be_asked_for_gets_it)
{
    for (size_t i = 0; i < COUNT_OF(applied); i++) {
        struct facets facets = { .mode = applied[i].mode, .status = applied[i].status, .insert_id.value = 7 };
        struct slot slot = { .insert_id = applied[i].there };
        struct replay_command command = { 0 };
        const struct job job = { .place = applied[i].place,
                                 .facts = { .kind = applied[i].kind,
                                            .refers_previous = applied[i].refers_previous } };
        const struct replay replay = { .facets = &facets, .job = &job, .slot = &slot, .task = SYNC_VARS };
        assert_row(facet_insert_id.lacks(&replay) == applied[i].task, "row %zu", i);
        facet_insert_id.say(&replay, &command);
        assert_span(text_span(&command.argument), "SET last_insert_id=7");
        facet_insert_id.note(&replay);
        assert_row(slot.insert_id == (applied[i].task == SYNC_VARS ? 7 : applied[i].there), "row %zu", i);
        text_fini(&command.argument);
    }
}

TEST(only_the_connection_that_knows_is_asked)
{
    struct slot primary = { .generation = 3 }, replica = { .generation = 4 };
    struct slot *const slots[SLOT_COUNT] = { [ROUTE_PRIMARY] = &primary, [ROUTE_REPLICA] = &replica };
    struct facets facets = { .insert_id = { .known_by = 3, .is_unknown = true } };
    assert_true(facet_insert_id.is_asked(&facets, slots, ROUTE_PRIMARY));
    assert_false(facet_insert_id.is_asked(&facets, slots, ROUTE_REPLICA));
    facet_insert_id.learn_number(&facets, &primary, 1);
    assert_true(facets.insert_id.value == 1 && primary.insert_id == 1 && facets.insert_id.known_by == 0);
    assert_int_equal(facets.set, facet_bit(FACET_INSERT_ID));
    assert_false(facets.insert_id.is_unknown);
    primary.generation = 0; /* it was never used */
    assert_false(facet_insert_id.is_asked(&facets, slots, ROUTE_PRIMARY));
    facet_insert_id.reset(&facets);
    assert_int_equal(facets.insert_id.value, 0);
}

RUN_TESTS(NULL, NULL)
