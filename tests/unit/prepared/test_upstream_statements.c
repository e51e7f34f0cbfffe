/* Statements that are prepared on a connection: who uses them, when another session may, and when they are
 * closed. */
#include "../base/unit.h"

#include "prepared/upstream_statements.h"
#include "state/pooled.h"

#define PLACE ROUTE_PRIMARY

/* Two sessions that get the same connection one after the other. It is busy, so ids to be closed are kept. */
struct scene {
    struct texts texts;
    struct prepared_table tables[2];
    struct facets facets;
    struct pooled connection;
    struct slot slot;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){ .connection.upstream.state = UPSTREAM_BUSY, .slot.generation = 1 };
    scene->tables[0].texts = scene->tables[1].texts = &scene->texts;
    scene->slot.upstream = &scene->connection.upstream;
}

static void end(struct scene *scene)
{
    upstream_statements_forget(&scene->connection.upstream);
    prepared_clear(&scene->tables[0]);
    prepared_clear(&scene->tables[1]);
    vars_fini(&scene->facets.vars);
    pins_clear(&scene->facets.pins);
    text_fini(&scene->connection.upstream.closing);
}

static struct prepared *prepare(struct scene *scene, unsigned session, const char *sql, const char *schema)
{
    const struct sql_facts facts = { .kind = SQL_SELECT };
    struct prepared *prepared =
        prepared_add(&scene->tables[session], span_cstr(sql), span_cstr(schema), &scene->facets.vars, &facts);
    assert_non_null(prepared);
    return prepared;
}

/* The same, and the connection has prepared it as `id`. */
static struct prepared *prepare_there(struct scene *scene, const char *sql, uint32_t id)
{
    struct prepared *prepared = prepare(scene, 0, sql, "app");
    assert_true(upstream_statements_add(&scene->slot, PLACE, &scene->facets.vars, prepared, id));
    assert_int_equal(prepared->copies[PLACE].known->id, id);
    assert_int_equal(prepared->copies[PLACE].generation, 1);
    return prepared;
}

/* The ids, of one digit each, that are to be closed at the server. */
static void assert_closed(struct scene *scene, const char *ids)
{
    struct text *closing = &scene->connection.upstream.closing;
    assert_int_equal(closing->len, 4 * strlen(ids));
    for (size_t i = 0; i < strlen(ids); i++)
        assert_int_equal((uint8_t)closing->data[4 * i], ids[i] - '0');
    text_clear(closing);
}

static bool find(struct scene *scene, struct prepared *prepared)
{
    return upstream_statements_find(&scene->slot, PLACE, &scene->facets, prepared);
}

static const struct {
    const char *name, *schema, *types, *run,
        *run_later; /* types of the second session; of runs by the first */
    unsigned params;
    bool has_other_vars, is_pinned, is_in_use, is_found;
} reuses[] = {
    { "the same text", "app", "", NULL, NULL, 0, false, false, false, true },
    { "in another schema", "b", "", NULL, NULL, 0, false, false, false, false },
    { "with other variables", "app", "", NULL, NULL, 0, true, false, false, false },
    { "by a session that is pinned", "app", "", NULL, NULL, 0, false, true, false, false },
    { "while another session uses it", "app", "", NULL, NULL, 0, false, false, true, false },
    { "with the types of its run", "app", "ab", "ab", NULL, 1, false, false, false, true },
    { "with the types of all runs", "app", "ab", "ab", "ab", 1, false, false, false, true },
    { "with other types", "app", "ab", "cd", NULL, 1, false, false, false, false },
    { "after runs with several types", "app", "ab", "ab", "cd", 1, false, false, false, false },
    { "without types that were sent", "app", NULL, NULL, NULL, 1, false, false, false, false },
};

TEST(statement_of_another_session_is_used_if_nothing_differs)
{
    for (size_t i = 0; i < COUNT_OF(reuses); i++) {
        struct scene scene;
        begin(&scene);
        struct prepared *first = prepare_there(&scene, "SELECT ?", 7);
        struct known_statement *known = first->copies[PLACE].known;
        if (reuses[i].run != NULL)
            upstream_statements_note_run(known, span_cstr(reuses[i].run));
        if (reuses[i].run_later != NULL)
            upstream_statements_note_run(known, span_cstr(reuses[i].run_later));
        if (!reuses[i].is_in_use)
            upstream_statements_part(&scene.connection.upstream, PLACE);
        assert_closed(&scene, "");
        assert_int_equal(first->copies[PLACE].known == NULL, !reuses[i].is_in_use);
        struct prepared *second = prepare(&scene, 1, "SELECT ?", reuses[i].schema);
        second->params = (uint16_t)reuses[i].params;
        if (reuses[i].types != NULL)
            assert_true(prepared_note_types(second, span_cstr(reuses[i].types)));
        if (reuses[i].has_other_vars)
            assert_true(vars_set(&scene.facets.vars, SPAN_LITERAL("sql_mode"), SPAN_LITERAL("''")));
        if (reuses[i].is_pinned)
            facets_pin(&scene.facets, PIN_UNKNOWN_SET, &(struct pin_origin){ 0 });
        assert_row(find(&scene, second) == reuses[i].is_found, "%s", reuses[i].name);
        assert_row((second->copies[PLACE].known == known) == reuses[i].is_found, "%s", reuses[i].name);
        end(&scene);
    }
}

TEST(statement_is_closed_where_no_other_session_can_use_it)
{
    for (int row = 0; row < 5; row++) {
        struct scene scene;
        begin(&scene);
        scene.connection.vars_version = row == 1; /* the variables at PREPARE are not known */
        struct prepared *prepared = prepare_there(&scene, "SELECT 1", 7);
        prepared->last_place = row == 4 ? ROUTE_REPLICA : PLACE;
        prepared->has_long_data = row == 2 || row == 4;
        prepared->has_cursor = row == 3;
        upstream_statements_part(&scene.connection.upstream, PLACE);
        assert_closed(&scene, row >= 1 && row <= 3 ? "7" : "");
        assert_null(prepared->copies[PLACE].known);
        upstream_statements_part(&scene.connection.upstream, PLACE); /* unused statements stay */
        assert_closed(&scene, "");
        end(&scene);
    }
}

TEST(least_recently_used_statement_makes_room)
{
    struct scene scene;
    begin(&scene);
    struct prepared *one = prepare_there(&scene, "SELECT 1", 1), *two = prepare_there(&scene, "SELECT 2", 2);
    struct prepared *three = prepare_there(&scene, "SELECT 3", 3),
                    *four = prepare_there(&scene, "SELECT 4", 4);
    upstream_statements_touch(one->copies[PLACE].known);
    upstream_statements_touch(one->copies[PLACE].known);
    two->last_place = PLACE;
    two->has_cursor = true;
    upstream_statements_make_room(&scene.connection.upstream, PLACE, NULL, 5);
    assert_closed(&scene, "");
    upstream_statements_make_room(&scene.connection.upstream, PLACE, NULL, 4);
    assert_closed(&scene, "3");
    assert_true(three->copies[PLACE].known == NULL && two->copies[PLACE].known != NULL);
    upstream_statements_make_room(&scene.connection.upstream, PLACE, four, 1);
    assert_closed(&scene, "1");
    assert_non_null(four->copies[PLACE].known);
    upstream_statements_part(&scene.connection.upstream, PLACE); /* the cursor's statement is closed */
    assert_closed(&scene, "2");
    upstream_statements_make_room(&scene.connection.upstream, PLACE, four, 1); /* unused: it goes, too */
    assert_closed(&scene, "4");
    end(&scene);
}

TEST(older_unused_statements_of_the_same_text_are_closed)
{
    struct scene scene;
    begin(&scene);
    (void)prepare_there(&scene, "SELECT 1", 1);
    (void)prepare_there(&scene, "SELECT 2", 2);
    struct prepared *other = prepare(&scene, 0, "SELECT 1", "b");
    assert_true(upstream_statements_add(&scene.slot, PLACE, &scene.facets.vars, other, 3));
    upstream_statements_part(&scene.connection.upstream, PLACE);
    (void)prepare_there(&scene, "SELECT 1", 4);
    struct prepared *new = prepare_there(&scene, "SELECT 1", 5);
    upstream_statements_replace(new, PLACE);
    assert_closed(&scene, "1");
    end(&scene);
}

TEST(last_session_with_the_text_closes_it)
{
    struct scene scene;
    begin(&scene);
    struct prepared *first = prepare_there(&scene, "SELECT 1", 1),
                    *second = prepare(&scene, 1, "SELECT 1", "app");
    struct slot none = { .generation = 1 };
    struct slot *const slots[SLOT_COUNT] = { [PLACE] = &scene.slot, [ROUTE_REPLICA] = &none };
    upstream_statements_leave(slots, first);
    assert_null(first->copies[PLACE].known);
    prepared_remove(&scene.tables[0], first);
    assert_closed(&scene, "");
    scene.slot.generation = 2;
    assert_true(find(&scene, second));
    assert_int_equal(second->copies[PLACE].generation, 2);
    scene.slot.generation = 3; /* the statement was known to an earlier connection */
    upstream_statements_leave(slots, second);
    assert_non_null(second->copies[PLACE].known);
    scene.slot.generation = 2;
    upstream_statements_leave(slots, second);
    prepared_remove(&scene.tables[1], second);
    assert_closed(&scene, "1");
    end(&scene);
}

TEST(reset_forgets_statements_without_closing_them)
{
    struct scene scene;
    begin(&scene);
    upstream_statements_forget(&scene.connection.upstream); /* nothing was prepared */
    upstream_statements_close_all(&scene.connection.upstream);
    upstream_statements_part(&scene.connection.upstream, PLACE);
    struct prepared *one = prepare_there(&scene, "SELECT 1", 1), *two = prepare_there(&scene, "SELECT 2", 2);
    scene.connection.on_closed(&scene.connection.upstream);
    assert_true(one->copies[PLACE].known == NULL && two->copies[PLACE].known == NULL);
    assert_closed(&scene, "");
    assert_true(upstream_statements_add(&scene.slot, PLACE, &scene.facets.vars, one, 3));
    assert_true(upstream_statements_add(&scene.slot, PLACE, &scene.facets.vars, two, 4));
    upstream_statements_close_all(&scene.connection.upstream);
    assert_true(one->copies[PLACE].known == NULL && two->copies[PLACE].known == NULL);
    assert_closed(&scene, "34");
    end(&scene);
}

TEST(cursor_is_open_until_its_last_row_or_a_reset)
{
    static const struct {
        uint8_t byte;
        bool reply_cursor, has_error, is_last, before, after, is_opened;
    } rows[] = {
        { COM_STMT_EXECUTE, false, false, false, true, false, false },
        { COM_STMT_EXECUTE, true, false, false, false, true, true },
        { COM_STMT_EXECUTE, true, true, false, true, false, false },
        { COM_STMT_EXECUTE, true, false, true, false, false, false },
        { COM_STMT_FETCH, false, false, false, true, true, false },
        { COM_STMT_FETCH, false, false, true, true, false, false },
        { COM_STMT_FETCH, false, true, false, true, false, false },
        { COM_STMT_RESET, false, false, false, true, false, false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct command command = { .byte = rows[i].byte };
        struct prepared prepared = { .has_cursor = rows[i].before };
        struct upstream upstream = { .status = rows[i].is_last ? STATUS_LAST_ROW_SENT : STATUS_AUTOCOMMIT };
        struct job job = { .command = &command, .prepared = &prepared };
        job.reply.has_cursor = rows[i].reply_cursor;
        job.reply.has_error = rows[i].has_error;
        assert_row(upstream_statements_note_cursor(&job, &upstream) == rows[i].is_opened, "row %zu", i);
        assert_row(prepared.has_cursor == rows[i].after, "row %zu", i);
        job.prepared = NULL;
        assert_false(upstream_statements_note_cursor(&job, &upstream));
    }
}

/* A statement keeps the connection on which it has long data or a cursor, or whose text was not kept. */
TEST(contents_keep_their_connection)
{
    for (int row = 0; row < 6; row++) {
        struct scene scene;
        begin(&scene);
        struct prepared *prepared = prepare(&scene, 0, row == 3 ? "" : "SELECT 1", "app");
        prepared->copies[PLACE].generation = row == 5 ? 2 : 1;
        prepared->last_place = row == 4 ? ROUTE_REPLICA : PLACE;
        prepared->has_long_data = row == 1 || row >= 4;
        prepared->has_cursor = row == 2 || row >= 4;
        uint32_t want = row == 1   ? pin_bit(PIN_LONG_DATA)
                        : row == 2 ? pin_bit(PIN_CURSOR)
                        : row == 3 ? pin_bit(PIN_LONG_PREPARED)
                                   : 0;
        assert_int_equal(prepared_pins(prepared, &scene.slot, PLACE), want);
        assert_int_equal(prepared_pins_of_all(&scene.tables[0], &scene.slot, PLACE), want);
        scene.slot.upstream = NULL;
        assert_int_equal(prepared_pins(prepared, &scene.slot, PLACE), 0);
        scene.slot.upstream = &scene.connection.upstream;
        end(&scene);
    }
}

RUN_TESTS(NULL, NULL)
