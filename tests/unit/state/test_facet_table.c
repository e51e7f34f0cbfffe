#include "../base/unit.h"

#include "state/facet_table.h"
#include "state/option.h"
#include "state/pending_set.h"
#include "state/pooled.h"
#include "state/schema.h"

#define SAID_MAX 8

static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };

/* A session, and a connection in the state after its login. */
struct scene {
    struct facets facets;
    struct job job;
    struct server server;
    struct pooled connection;
    struct slot slot;
    const char *sql;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){ .facets = { .set = facet_bit(FACET_COUNT) - 1, .status = STATUS_AUTOCOMMIT },
                             .sql = "SELECT 1" };
    scene->job.command = &query;
    scene->job.place = ROUTE_PRIMARY;
    scene->connection.upstream.status = STATUS_AUTOCOMMIT;
    scene->connection.upstream.family = FAMILY_MARIADB;
    scene->connection.upstream.server = &scene->server;
    scene->slot.upstream = &scene->connection.upstream;
    scene->slot.generation = 1;
}

static void end(struct scene *scene)
{
    text_fini(&scene->connection.upstream.schema);
    facets_fini(&scene->facets);
}

/* Checks the statements that are sent until the connection has the session's state, in this order; the server
 * accepts each. */
static void says(struct scene *scene, const char *const said[SAID_MAX])
{
    const struct replay replay = {
        .facets = &scene->facets, .job = &scene->job, .slot = &scene->slot, .sql = span_cstr(scene->sql)
    };
    enum sync_task task;
    size_t count = 0;
    while ((task = replay_next(&replay)) != SYNC_NOTHING) {
        struct replay_command command;
        replay_say(&replay, task, &command);
        if (command.argument.len > 0) {
            assert_true(count < SAID_MAX && said[count] != NULL);
            assert_span(text_span(&command.argument), said[count]);
            assert_int_equal(command.byte, task == SYNC_SCHEMA ? COM_INIT_DB : COM_QUERY);
            assert_int_equal(replay_next(&replay), task); /* until the server has agreed */
            count++;
            scene->slot.task = task;
            if (task == SYNC_SCHEMA) { /* reported by session tracking */
                text_clear(&scene->connection.upstream.schema);
                assert_true(
                    text_append_span(&scene->connection.upstream.schema, text_span(&command.argument)));
            }
            assert_true(replay_note(&replay, 1));
        }
        text_fini(&command.argument);
    }
    assert_true(count == SAID_MAX || said[count] == NULL);
}

static void set(struct scene *scene, const char *name, const char *literal)
{
    assert_true(vars_set(&scene->facets.vars, span_cstr(name), span_cstr(literal)));
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, begin, end, name)

SCENE_TEST(session_as_after_its_login_is_said_nothing)
{
    says(scene, (const char *const[SAID_MAX]){ NULL });
}

SCENE_TEST(each_part_is_said_once)
{
    set(scene, "time_zone", "'+01:00'");
    assert_true(text_append_cstr(&scene->facets.schema, "shop"));
    assert_true(text_append_cstr(&scene->facets.role.said, "clerk"));
    scene->facets.role.version = 1;
    user_variables_assign(&scene->facets.user_vars, SPAN_LITERAL("a"), SPAN_LITERAL("1"));
    says(scene,
         (const char *const[SAID_MAX]){ "SET ROLE clerk", "shop", "SET time_zone='+01:00'", "SET @`a`=1" });
    says(scene, (const char *const[SAID_MAX]){ NULL });
    set(scene, "sql_mode", "''");
    says(scene, (const char *const[SAID_MAX]){ "SET sql_mode=''" });
}

SCENE_TEST(one_set_says_variables_insert_id_and_autocommit)
{
    set(scene, "time_zone", "'+01:00'");
    scene->facets.insert_id.value = 7;
    scene->facets.status = 0;
    says(scene, (const char *const[SAID_MAX]){ "SET time_zone='+01:00',last_insert_id=7,autocommit=0" });
    assert_int_equal(scene->slot.insert_id, 7);
    assert_int_equal(scene->connection.upstream.status & STATUS_AUTOCOMMIT, 0);
}

SCENE_TEST(replica_gets_what_a_harmless_read_needs)
{
    scene->job.place = ROUTE_REPLICA;
    scene->job.facts.is_read = true;
    scene->facets.insert_id.value = 7;
    set(scene, "auto_increment_increment", "2");
    user_variables_assign(&scene->facets.user_vars, SPAN_LITERAL("a"), SPAN_LITERAL("1"));
    says(scene, (const char *const[SAID_MAX]){ NULL });
    scene->job.facts.touches_variables = true;
    says(scene, (const char *const[SAID_MAX]){ "SET @`a`=1" });
    scene->job.place = ROUTE_PRIMARY;
    scene->job.facts.is_read = false;
    says(scene, (const char *const[SAID_MAX]){ "SET auto_increment_increment=2,last_insert_id=7" });
}

SCENE_TEST(wait_timeout_is_there_only_while_it_is_asked_for)
{
    scene->facets.wait_s = 5;
    says(scene, (const char *const[SAID_MAX]){ NULL });
    scene->sql = "SELECT @@wait_timeout";
    says(scene, (const char *const[SAID_MAX]){ "SET wait_timeout=5" });
    assert_true(scene->slot.has_wait);
    says(scene, (const char *const[SAID_MAX]){ NULL });
    scene->sql = "SELECT 1";
    says(scene, (const char *const[SAID_MAX]){ "SET wait_timeout=DEFAULT" });
    assert_false(scene->slot.has_wait);
}

SCENE_TEST(name_outside_ascii_is_said_in_utf8)
{
    scene->connection.upstream.key.collation = 8;
    assert_true(text_append_cstr(&scene->facets.schema, "caf\xc3\xa9"));
    const struct replay replay = { .facets = &scene->facets, .job = &scene->job, .slot = &scene->slot };
    assert_int_equal(replay_next(&replay), SYNC_UTF8);
    scene->slot.task = SYNC_UTF8;
    assert_true(replay_note(&replay, 1));
    assert_int_equal(replay_next(&replay), SYNC_UTF8_SCHEMA);
    assert_true(text_append_span(&scene->connection.upstream.schema, text_span(&scene->facets.schema)));
    scene->slot.task = SYNC_UTF8_SCHEMA;
    assert_true(replay_note(&replay, 1));
    assert_int_equal(replay_next(&replay), SYNC_OWN_CHARSET);
    scene->slot.task = SYNC_OWN_CHARSET;
    assert_true(replay_note(&replay, 1));
    assert_int_equal(replay_next(&replay), SYNC_NOTHING);
}

SCENE_TEST(server_in_another_schema_than_asked_for_is_an_error)
{
    scene->facets.reading.is_utf8 = true;
    assert_true(text_append_cstr(&scene->facets.schema, "caf\xc3\xa9"));
    assert_true(text_append_cstr(&scene->connection.upstream.schema, "cafe"));
    const struct replay replay = { .facets = &scene->facets, .job = &scene->job, .slot = &scene->slot };
    assert_int_equal(replay_next(&replay), SYNC_UTF8_SCHEMA);
    scene->slot.task = SYNC_UTF8_SCHEMA;
    assert_false(replay_note(&replay, 1));
    assert_true(scene->slot.answer.is_err);
}

SCENE_TEST(counts_and_warnings_of_others_are_overwritten)
{
    scene->slot.must_count = true;
    says(scene, (const char *const[SAID_MAX]){ "SELECT 1 FROM (SELECT 1) a LIMIT 0" });
    scene->slot.has_our_warnings = true;
    scene->facets.answers.found = scene->slot.generation; /* the client may ask for FOUND_ROWS() */
    says(scene, (const char *const[SAID_MAX]){ NULL });
    scene->job.facts.questions = 1u << SQL_ASKS_DIAGNOSTICS;
    says(scene, (const char *const[SAID_MAX]){ "SELECT 1 FROM (SELECT 1) a" });
    assert_true(scene->facets.answers.found == ANSWERS_LOST && !scene->slot.has_our_warnings);
}

/* ---- what keeps a connection, and its end ---- */

/* `letters`: o COM_SET_OPTION, r SET ROLE, R SET ROLE on the connection only, u user variables on the connection,
 * w the client's wait_timeout there, W warnings, H warnings of headgate, v variables that the connection lacks,
 * V the same there, a sql_auto_is_null, d variables for writes, c SET CHARACTER SET, A autocommit is off there,
 * t a transaction there, U it is unknown whether there is one, h a held variable, g a global lock, 1 and 2 user
 * variables that only the primary or the replica knows. */
static void change(struct scene *scene, const char *letters)
{
    struct facets *facets = &scene->facets;
    struct slot *slot = &scene->slot;
    facets->set = 0;
    for (; *letters != '\0'; letters++)
        switch (*letters) {
        case 'o':
            option_note_done(facets, true, slot);
            break;
        case 'r':
            facets->role.version = 1;
            break;
        case 'R':
            slot->role_version = 1;
            break;
        case 'u':
            slot->user_version = 1;
            break;
        case 'w':
            slot->has_wait = true;
            break;
        case 'W':
            slot->has_warnings = true;
            break;
        case 'H':
            slot->has_our_warnings = true;
            break;
        case 'v':
        case 'V':
            set(scene, "time_zone", "'+01:00'");
            scene->connection.vars_version = *letters == 'V' ? facets->vars.version : 0;
            break;
        case 'a':
        case 'd':
        case 'c':
            set(scene,
                *letters == 'a'   ? "sql_auto_is_null"
                : *letters == 'd' ? "auto_increment_offset"
                                  : "charset",
                *letters == 'c' ? "'utf8mb4'" : "1");
            scene->connection.vars_version = facets->vars.version;
            facets_note(facets, FACET_VARIABLES);
            break;
        case 'A':
            slot->upstream->status = 0;
            break;
        case 't':
            facets->status = slot->upstream->status = STATUS_AUTOCOMMIT | STATUS_IN_TRANS;
            break;
        case 'U':
            facets->transaction.is_unknown = true;
            break;
        case 'h':
            facets_pin(facets, PIN_HELD_SET, &(struct pin_origin){ 0 });
            break;
        case 'g':
            facets_pin(facets, PIN_GLOBAL_LOCK, &(struct pin_origin){ 0 });
            break;
        case '1':
        case '2':
            facets->variables = *letters == '1' ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
            facets_note(facets, FACET_USER_VARIABLES);
            break;
        default:
            fail();
        }
}

#define BIT(cause) (UINT32_C(1) << PIN_##cause)

static const struct {
    const char *letters;
    enum facet_left left;
    uint32_t primary, replica; /* the causes that keep the connections */
} ends[] = {
    { "", LEFT_KNOWN, 0, 0 },
    { "o", LEFT_LASTING, 0, 0 },
    { "r", LEFT_LASTING, 0, 0 },
    { "R", LEFT_LASTING, 0, 0 },
    { "u", LEFT_TO_RESET, 0, 0 },
    { "w", LEFT_TO_RESET, 0, 0 },
    { "W", LEFT_TO_RESET, 0, 0 },
    { "H", LEFT_TO_RESET, 0, 0 },
    { "v", LEFT_TO_RESET, 0, 0 },
    { "V", LEFT_KNOWN, 0, 0 },
    { "a", LEFT_TO_RESET, BIT(AUTO_IS_NULL), 0 },
    { "d", LEFT_TO_RESET, 0, 0 },
    { "c", LEFT_TO_RESET, 0, 0 },
    { "A", LEFT_TO_RESET, 0, 0 },
    { "t", LEFT_TO_RESET, BIT(TRANSACTION), 0 },
    { "U", LEFT_TO_RESET, BIT(TRANSACTION), 0 },
    { "h", LEFT_TO_RESET, BIT(HELD_SET), 0 },
    { "g", LEFT_LASTING, BIT(GLOBAL_LOCK), 0 },
    { "gw", LEFT_LASTING, BIT(GLOBAL_LOCK), 0 },
    { "1", LEFT_KNOWN, BIT(USER_VARIABLES), 0 },
    { "2", LEFT_KNOWN, 0, BIT(USER_VARIABLES) },
};

TEST(what_a_connection_is_kept_for_and_its_end)
{
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct scene scene;
        struct pin_counters counters = { 0 };
        begin(&scene);
        scene.connection.upstream.new_status = STATUS_AUTOCOMMIT;
        change(&scene, ends[i].letters);
        struct facets *facets = &scene.facets;
        uint32_t both = ends[i].primary | ends[i].replica;
        assert_row(facets_left(facets, &scene.slot) == ends[i].left, "%s", ends[i].letters);
        assert_row(facets_all_pins(facets, ROUTE_PRIMARY) == ends[i].primary, "%s", ends[i].letters);
        assert_row(facets_all_pins(facets, ROUTE_REPLICA) == ends[i].replica, "%s", ends[i].letters);
        assert_row(facets_pins(facets, ROUTE_PRIMARY) == (ends[i].primary & ~BIT(AUTO_IS_NULL)), "%s",
                   ends[i].letters);
        scene.job.facts.shape = 9;
        assert_row(facets_note_pins(facets, &scene.job, 7, &counters) == both, "%s", ends[i].letters);
        assert_int_equal(facets_note_pins(facets, &scene.job, 8, &counters), 0);
        bool is_open = (both & BIT(TRANSACTION)) != 0;
        assert_int_equal(facets->transaction.since_us, is_open ? 7 : 0);
        assert_int_equal(facets->transaction.shape, is_open ? 9 : 0);
        facets->mode = LISTENER_REPLICA; /* the port for reads has its state on the replica */
        assert_row((facets_all_pins(facets, ROUTE_REPLICA) & ~BIT(USER_VARIABLES)) ==
                       (ends[i].primary & ~BIT(USER_VARIABLES)),
                   "%s", ends[i].letters);
        end(&scene);
    }
}

SCENE_TEST(a_reset_leaves_schema_role_and_option)
{
    static const struct view view = { .family = FAMILY_MARIADB };
    struct facets *facets = &scene->facets;
    change(scene, "orwdtU1h");
    assert_true(text_append_cstr(&facets->schema, "shop"));
    facets->insert_id.value = 1;
    facets->wait_s = 3;
    facets->has_left_schema = facets->has_replica_refused = facets->calls_in_read_only =
        facets->has_profiles = facets->has_lost_draws = true;
    facets->set = facet_bit(FACET_COUNT) - 1;
    facets_pin(facets, PIN_UNKNOWN_SCHEMA, &(struct pin_origin){ 0 });
    facets_reset(facets, &view, 45, &(struct pin_origin){ 0 });
    assert_true(pins_has(&facets->pins, PIN_UNKNOWN_SCHEMA) && !pins_has(&facets->pins, PIN_HELD_SET));
    assert_false(pins_has(&facets->pins, PIN_UNKNOWN_SET));
    assert_string_equal(text_cstr(&facets->schema), "shop");
    assert_true(facets->role.version == 1 && facets->option.version == 1 &&
                facets->status == STATUS_AUTOCOMMIT);
    assert_true(facets->insert_id.value == 0 && facets->wait_s == 0);
    assert_false(facets->has_left_schema || facets->has_replica_refused || facets->calls_in_read_only ||
                 facets->has_profiles || facets->has_lost_draws || facets->transaction.is_unknown);
    assert_int_equal(facets->variables, VARIABLES_NOWHERE);
    assert_int_equal(facets->set, facet_bit(FACET_OPTION) | facet_bit(FACET_ROLE) | facet_bit(FACET_SCHEMA) |
                                      facet_bit(FACET_VARIABLES) | facet_bit(FACET_USER_VARIABLES));
    facets->role.is_unsayable = true;
    facets_reset(facets, &view, 45, &(struct pin_origin){ 0 });
    assert_true(pins_has(&facets->pins, PIN_UNKNOWN_SET));
}

/* ---- bits: a facet that has changed is not left out ---- */

static void commit(struct scene *scene, const char *sql)
{
    const struct sql_dialect dialect = { 0 };
    scene->job.pending_set = pending_set_read(span_cstr(sql), &dialect);
    assert_non_null(scene->job.pending_set);
    assert_true(facet_table_commit(&scene->facets, &scene->job, &scene->slot, 1));
    pending_set_fini(scene->job.pending_set);
    scene->job.pending_set = NULL;
}

static void tell(struct scene *scene, enum sesstrack_type type, const char *name, const char *value)
{
    struct slot *slots[SLOT_COUNT] = { &scene->slot, &scene->slot };
    const struct report report = {
        .facets = &scene->facets, .job = &scene->job, .slots = slots, .now_us = 1
    };
    const struct sesstrack_change change = { .type = (uint8_t)type,
                                             .name = span_cstr(name),
                                             .value = span_cstr(value) };
    facet_table_told(&report, &change);
}

SCENE_TEST(session_as_after_its_login_has_no_walks)
{
    scene->facets.set = 0;
    assert_false(facets_may_lack(&scene->facets, &scene->slot));
    assert_false(facets_may_keep(&scene->facets));
    scene->facets.status = 0; /* autocommit is off */
    assert_true(facets_may_lack(&scene->facets, &scene->slot));
    scene->facets.status = STATUS_AUTOCOMMIT | STATUS_IN_TRANS;
    assert_true(facets_may_keep(&scene->facets));
    scene->facets.status = STATUS_AUTOCOMMIT;
    scene->slot.set = facet_bit(FACET_SCHEMA);
    assert_true(facets_may_lack(&scene->facets, &scene->slot));
}

SCENE_TEST(set_marks_its_facets_and_another_connection_gets_them)
{
    struct slot other = { .generation = 2 };
    struct pooled connection = { .upstream = { .status = STATUS_AUTOCOMMIT, .family = FAMILY_MARIADB } };
    scene->facets.set = 0;
    commit(scene, "SET ROLE clerk");
    commit(scene, "SET time_zone = 'UTC', wait_timeout = 7");
    assert_int_equal(scene->facets.set & (facet_bit(FACET_ROLE) | facet_bit(FACET_VARIABLES)),
                     facet_bit(FACET_ROLE) | facet_bit(FACET_VARIABLES));
    assert_true((scene->facets.set & facet_bit(FACET_WAIT_TIMEOUT)) != 0 && scene->facets.wait_s == 7);
    assert_int_equal(scene->slot.role_version, 1);
    option_note_done(&scene->facets, true, &scene->slot);
    assert_true((scene->facets.set & facet_bit(FACET_OPTION)) != 0);
    const struct replay replay = { .facets = &scene->facets, .job = &scene->job, .slot = &other };
    other.upstream = &connection.upstream;
    assert_int_equal(replay_next(&replay), SYNC_OPTION);
    other.option_version = scene->facets.option.version;
    assert_int_equal(replay_next(&replay), SYNC_ROLE);
    other.role_version = scene->facets.role.version;
    assert_int_equal(replay_next(&replay), SYNC_VARS);
}

SCENE_TEST(session_tracking_marks_its_facets)
{
    scene->facets.set = 0;
    tell(scene, SESSTRACK_SCHEMA, "", "shop");
    assert_span(text_span(&scene->facets.schema), "shop");
    assert_span(text_span(&scene->connection.upstream.schema), "shop");
    assert_int_equal(scene->facets.set, facet_bit(FACET_SCHEMA));
    tell(scene, SESSTRACK_VARIABLE, "wait_timeout", "5");
    assert_true(scene->facets.wait_s == 5 && scene->slot.has_wait);
    assert_int_equal(scene->facets.set, facet_bit(FACET_SCHEMA) | facet_bit(FACET_WAIT_TIMEOUT));
    tell(scene, SESSTRACK_VARIABLE, "sql_mode", "ANSI");
    assert_span(vars_get(&scene->facets.vars, SPAN_LITERAL("sql_mode")), "'ANSI'");
    assert_true((scene->facets.set & facet_bit(FACET_VARIABLES)) != 0);
    tell(scene, SESSTRACK_CHARACTERISTICS, "", "SET TRANSACTION READ ONLY;");
    assert_true(pins_has(&scene->facets.pins, PIN_NEXT_TRANSACTION));
    tell(scene, SESSTRACK_CHARACTERISTICS, "", "");
    assert_false(pins_has(&scene->facets.pins, PIN_NEXT_TRANSACTION));
}

SCENE_TEST(connection_in_the_schema_is_not_compared_again)
{
    scene->facets.set = 0;
    scene->slot.set = facet_bit(FACET_SCHEMA);
    assert_true(text_append_cstr(&scene->facets.schema, "shop"));
    says(scene, (const char *const[SAID_MAX]){ "shop", NULL });
    assert_int_equal(scene->slot.set, 0);
    schema_note_left(&scene->slot);
    says(scene, (const char *const[SAID_MAX]){ "shop", NULL });
}

/* ---- what a connection is asked, before it is given up ---- */

static void asks(struct scene *scene, const struct facet *facet, const char *sql)
{
    struct slot *const slots[SLOT_COUNT] = { &scene->slot, &scene->slot };
    struct text query_text = { 0 };
    assert_ptr_equal(facet_table_asked(&scene->facets, slots, ROUTE_PRIMARY), facet);
    if (facet != NULL && facet->number != NULL)
        (void)facet_table_ask_numbers(&scene->facets, slots, ROUTE_PRIMARY, &query_text);
    else if (facet != NULL)
        (void)facet->ask(&scene->facets, &scene->slot, &query_text);
    assert_span(text_span(&query_text), sql);
    text_fini(&query_text);
}

/* The server has answered with a warning. */
SCENE_TEST(set_of_headgate_may_leave_warnings)
{
    static const enum sync_task sets[] = { SYNC_VARS, SYNC_OWN_CHARSET, SYNC_USER_VARS };
    static const enum sync_task others[] = { SYNC_OPTION, SYNC_ROLE, SYNC_SCHEMA, SYNC_WAIT };
    const struct replay replay = { .facets = &scene->facets, .job = &scene->job, .slot = &scene->slot };
    scene->slot.answer.warnings = 1;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        scene->slot.task = others[i];
        assert_true(replay_note(&replay, 1));
        assert_false(scene->slot.has_our_warnings);
    }
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        scene->slot.task = sets[i];
        scene->slot.has_our_warnings = false;
        assert_true(replay_note(&replay, 1));
        assert_row(scene->slot.has_our_warnings == (sets[i] != SYNC_OWN_CHARSET), "task %zu", i);
    }
}

SCENE_TEST(numbers_are_asked_for_when_nothing_else_keeps_the_connection)
{
    asks(scene, NULL, "");
    scene->facets.insert_id.known_by = scene->slot.generation;
    asks(scene, &facet_insert_id, "SELECT LAST_INSERT_ID() LIMIT 1");
    scene->facets.answers = (struct answers){ .found = scene->slot.generation, .is_calculated = true };
    asks(scene, &facet_insert_id, "SELECT LAST_INSERT_ID(),FOUND_ROWS() LIMIT 1");
    pins_add(&scene->facets.pins, PIN_HELD_SET, SPAN_LITERAL("insert_id"), SPAN_NONE,
             &(struct pin_origin){ 0 });
    asks(scene, &facet_session_variables, "SELECT @@insert_id LIMIT 1");
    scene->slot.has_told_held = true; /* it is not used up: the connection is kept */
    asks(scene, NULL, "");
    scene->facets.transaction.is_unknown = true;
    asks(scene, &facet_transaction, "SELECT 1 LIMIT 1");
}

SCENE_TEST(numbers_that_are_told_go_to_the_next_connection)
{
    const char *bytes = "12 34";
    struct rows_cell cells[] = { { 0, 0 }, { 0, 0 }, { 0, 2 }, { 3, 2 } };
    const struct rows rows = { .columns = 2,
                               .rows = 1,
                               .values = 4,
                               .bytes = { .data = (char *)(uintptr_t)bytes, .len = 5 },
                               .cells = cells };
    scene->facets.set = 0;
    scene->facets.insert_id = (struct insert_id){ .known_by = 1, .is_unknown = true };
    assert_true(facet_table_learn_numbers(&scene->facets, &scene->slot,
                                          facet_bit(FACET_INSERT_ID) | facet_bit(FACET_DIAGNOSTICS), &rows));
    assert_true(scene->facets.insert_id.value == 12 && scene->facets.insert_id.known_by == 0);
    assert_int_equal(scene->slot.insert_id, 12);
    assert_int_equal(scene->facets.set, facet_bit(FACET_INSERT_ID));
    assert_true(scene->facets.answers.found_rows.is_known && scene->facets.answers.found_rows.value == 34);
    cells[2].length = 3; /* "12 " is no number */
    assert_false(facet_table_learn_numbers(&scene->facets, &scene->slot, facet_bit(FACET_INSERT_ID), &rows));
    assert_false(facet_table_learn_numbers(&scene->facets, &scene->slot, facet_bit(FACET_INSERT_ID),
                                           &(struct rows){ .columns = 1 }));
}

/* What each place is asked, and the pins that the answers may end. The connection at the primary has number 1, that
 * at the replica 2. */
SCENE_TEST(each_place_is_asked_for_what_it_knows)
{
    struct slot replica = { .upstream = scene->slot.upstream, .generation = 2 };
    struct slot *const slots[SLOT_COUNT] = { [ROUTE_PRIMARY] = &scene->slot, [ROUTE_REPLICA] = &replica };
    struct text sql = { 0 };
    scene->facets.insert_id.known_by = 1;
    scene->facets.answers = (struct answers){ .found = 2, .is_calculated = true };
    assert_int_equal(facet_table_ask_numbers(&scene->facets, slots, ROUTE_PRIMARY, &sql),
                     facet_bit(FACET_INSERT_ID));
    assert_span(text_span(&sql), "SELECT LAST_INSERT_ID() LIMIT 1");
    assert_ptr_equal(facet_table_asked(&scene->facets, slots, ROUTE_REPLICA), &facet_diagnostics);
    assert_int_equal(facet_table_may_end(&scene->facets, slots, ROUTE_PRIMARY), 0);
    scene->facets.variables = VARIABLES_PRIMARY;
    assert_int_equal(facet_table_may_end(&scene->facets, slots, ROUTE_PRIMARY), 0); /* they are known */
    user_variables_forget(&scene->facets.user_vars, SPAN_LITERAL("a"));
    assert_int_equal(facet_table_may_end(&scene->facets, slots, ROUTE_PRIMARY), BIT(USER_VARIABLES));
    pins_add(&scene->facets.pins, PIN_HELD_SET, SPAN_LITERAL("insert_id"), SPAN_NONE,
             &(struct pin_origin){ 0 });
    assert_int_equal(facet_table_may_end(&scene->facets, slots, ROUTE_PRIMARY),
                     BIT(USER_VARIABLES) | BIT(HELD_SET));
    assert_int_equal(facet_table_may_end(&scene->facets, slots, ROUTE_REPLICA), 0);
    text_fini(&sql);
}

/* ---- the server has agreed to a SET ---- */

static const struct {
    const char *sql;
    bool is_mysql, is_known;
    const char *role, *vars, *pin;
} agreed[] = {
    { "SET ROLE clerk", false, true, "clerk", "", "" },
    { "SET ROLE 'clerk'", false, true, "'clerk'", "", "" },
    { "SET ROLE `caf\xc3\xa9`", false, false, "", "", "" },
    { "SET time_zone = '+01:00'", false, true, "", "SET time_zone='+01:00'", "" },
    { "SET time_zone = @a", false, false, "", "", "" },
    { "SET CHARACTER SET utf8mb4", false, false, "", "", "" },
    { "SET sql_log_bin = 0", false, true, "", "", "held_set" },
    { "SET sql_log_bin = 0, sql_log_bin = 1", false, true, "", "", "" },
    { "SET insert_id = 0", false, true, "", "", "" },
    { "SET insert_id = 5", true, true, "", "", "held_set" },
    { "SET insert_id = 0", true, true, "", "", "unknown_set" },
};

TEST(agreed_set_is_what_the_session_has)
{
    static const struct sql_dialect dialect = { .is_utf8 = true };
    for (size_t i = 0; i < COUNT_OF(agreed); i++) {
        struct scene scene;
        struct text vars = { 0 };
        const char *pin = "";
        begin(&scene);
        scene.facets.set = 0;
        scene.facets.has_replica_refused = true;
        scene.connection.upstream.family = agreed[i].is_mysql ? FAMILY_MYSQL : FAMILY_MARIADB;
        scene.job.pending_set = pending_set_read(span_cstr(agreed[i].sql), &dialect);
        bool is_known = facet_table_commit(&scene.facets, &scene.job, &scene.slot, 5);
        assert_row(is_known == agreed[i].is_known, "%s", agreed[i].sql);
        assert_string_equal(text_cstr(&scene.facets.role.said), agreed[i].role);
        bool has_role = agreed[i].role[0] != '\0';
        assert_true(scene.facets.role.version == has_role && scene.slot.role_version == has_role);
        assert_int_equal((scene.facets.set & facet_bit(FACET_ROLE)) != 0, has_role);
        bool sets_role = strstr(agreed[i].sql, "ROLE") != NULL;
        assert_row(scene.facets.role.is_unsayable == (sets_role && !has_role), "%s", agreed[i].sql);
        vars_diff(&scene.facets.vars, 0, 0, &vars);
        assert_row(strcmp(text_cstr(&vars), agreed[i].vars) == 0, "%s: %s", agreed[i].sql, text_cstr(&vars));
        for (int cause = 0; cause < PIN_CAUSE_COUNT; cause++)
            if (pins_has(&scene.facets.pins, (enum pin_cause)cause))
                pin = pin_cause_name((enum pin_cause)cause);
        assert_row(strcmp(pin, agreed[i].pin) == 0, "%s: %s", agreed[i].sql, pin);
        assert_false(scene.facets.has_replica_refused);
        pending_set_fini(scene.job.pending_set);
        text_fini(&vars);
        end(&scene);
    }
}

RUN_TESTS(NULL, NULL)
