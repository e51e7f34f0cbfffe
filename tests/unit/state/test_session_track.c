/* Entries of session tracking, and what the session has then. */
#include "../base/unit.h"

#include "mysql/wire.h"
#include "state/facet_table.h"
#include "state/pending_set.h"
#include "state/pooled.h"
#include "state/session_track.h"

static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };

struct scene {
    struct facets facets;
    struct job job;
    struct pooled connections[SLOT_COUNT];
    struct slot slots[SLOT_COUNT], *at[SLOT_COUNT];
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

/* `where`: m MySQL; s the SET of the entries has no constant value; f SET STATEMENT; p an SQL-level prepared
 * statement; k the schema was kept at a reset; c SET CHARACTER SET was run; n the next transaction has
 * characteristics. */
static void begin(struct scene *scene, const char *where)
{
    static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
    *scene = (struct scene){ .job = { .command = &query, .place = ROUTE_PRIMARY } };
    struct facets *facets = &scene->facets;
    for (int i = 0; i < SLOT_COUNT; i++) {
        scene->connections[i].upstream.family = has(where, 'm') ? FAMILY_MYSQL : FAMILY_MARIADB;
        scene->slots[i].upstream = &scene->connections[i].upstream;
        scene->at[i] = &scene->slots[i];
        assert_true(text_append_cstr(&scene->connections[i].upstream.schema, "old"));
    }
    assert_true(text_append_cstr(&facets->schema, "old"));
    if (has(where, 's'))
        scene->job.pending_set =
            pending_set_read(SPAN_LITERAL("SET insert_id = @a, wait_timeout = 7"), &dialect);
    scene->job.facts.sets_for_itself = has(where, 'f');
    if (has(where, 'p'))
        facets_pin(facets, PIN_PREPARED, &(struct pin_origin){ 0 });
    if (has(where, 'n'))
        facets_pin(facets, PIN_NEXT_TRANSACTION, &(struct pin_origin){ 0 });
    if (has(where, 'c'))
        assert_true(vars_set(&facets->vars, SPAN_LITERAL("charset"), SPAN_LITERAL("'utf8mb4'")));
    facets->keeps_schema = has(where, 'k');
    facets->has_replica_refused = true;
}

static void end(struct scene *scene)
{
    for (int i = 0; i < SLOT_COUNT; i++)
        text_fini(&scene->connections[i].upstream.schema);
    pending_set_fini(scene->job.pending_set);
    facets_fini(&scene->facets);
}

/* Notes one entry; a `name` only for a variable. */
static void note(struct scene *scene, uint8_t type, const char *name, const char *value)
{
    struct text entry = { 0 }, entries = { 0 };
    if (type == SESSTRACK_GTIDS)
        wire_put_u8(&entry, 0);
    if (type == SESSTRACK_VARIABLE)
        wire_put_lenenc_span(&entry, span_cstr(name));
    wire_put_lenenc_span(&entry, span_cstr(value));
    wire_put_u8(&entries, type);
    wire_put_lenenc_span(&entries, text_span(&entry));
    session_track_note(&scene->facets, &scene->job, scene->at, text_span(&entries), 5);
    scene->job.reply.gtids.data = NULL;
    text_fini(&entry);
    text_fini(&entries);
}

/* What has changed, in words. */
static void describe(struct scene *scene, struct text *out)
{
    struct facets *facets = &scene->facets;
    const struct job_reply *reply = &scene->job.reply;
    if (!span_is(text_span(&facets->schema), "old"))
        (void)text_appendf(out, " schema=%s", text_cstr(&facets->schema));
    if (!span_equal(text_span(&facets->schema),
                    text_span(&scene->connections[ROUTE_PRIMARY].upstream.schema)))
        (void)text_append_cstr(out, " (connection)");
    if (scene->connections[ROUTE_REPLICA].upstream.schema.len == 0)
        (void)text_append_cstr(out, " replica-without");
    for (int i = 0; i < PIN_CAUSE_COUNT; i++)
        if (pins_has(&facets->pins, (enum pin_cause)i))
            (void)text_appendf(out, " %s", pin_cause_name((enum pin_cause)i));
    struct text vars = { 0 };
    vars_diff(&facets->vars, 0, 0, &vars);
    if (vars.len > 0)
        (void)text_appendf(out, " %s;", text_cstr(&vars));
    text_fini(&vars);
    if (facets->wait_s != 0)
        (void)text_appendf(out, " wait=%u%s", facets->wait_s,
                           scene->slots[ROUTE_PRIMARY].has_wait ? "" : "!");
    (void)text_appendf(out, "%s%s%s%s%s%s%s%s%s", reply->has_schema ? " has_schema" : "",
                       reply->has_untold ? " untold" : "", reply->has_last_gtid ? " last_gtid" : "",
                       reply->gtids.len > 0 ? " gtids" : "", reply->has_state_change ? " state" : "",
                       reply->has_told_wait ? " told_wait" : "", facets->keeps_schema ? " keeps" : "",
                       facets->has_left_schema ? " left" : "",
                       facets->has_replica_refused ? "" : " unrefused");
}

static const struct {
    const char *where;
    uint8_t type;
    const char *name, *value, *after;
} rows[] = {
    { "", SESSTRACK_SCHEMA, "", "shop", " schema=shop has_schema unrefused" },
    { "", SESSTRACK_SCHEMA, "", "old", " has_schema unrefused" },
    { "", SESSTRACK_SCHEMA, "", "", " schema= has_schema unrefused" },
    { "k", SESSTRACK_SCHEMA, "", "shop", " schema=shop replica-without has_schema unrefused" },
    { "p", SESSTRACK_SCHEMA, "", "shop", " schema=shop prepared has_schema left unrefused" },
    { "p", SESSTRACK_SCHEMA, "", "old", " prepared has_schema unrefused" },
    { "c", SESSTRACK_SCHEMA, "", "shop",
      " schema=shop unknown_set SET charset 'utf8mb4'; has_schema unrefused" },
    { "c", SESSTRACK_SCHEMA, "", "old", " SET charset 'utf8mb4'; has_schema unrefused" },
    { "", SESSTRACK_STATE_CHANGE, "", "1", " state" },
    { "", SESSTRACK_GTIDS, "", "a:1-5", " gtids" },
    { "", SESSTRACK_CHARACTERISTICS, "", "SET TRANSACTION READ ONLY;", " next_transaction" },
    { "", SESSTRACK_CHARACTERISTICS, "", "set transaction", " next_transaction" },
    { "n", SESSTRACK_CHARACTERISTICS, "", "START TRANSACTION;", "" },
    { "n", SESSTRACK_CHARACTERISTICS, "", "", "" },
    { "", SESSTRACK_TRANSACTION, "", "T_______", "" },
    { "", 31, "", "?", "" },
    { "", 32, "", "?", "" },
    { "", SESSTRACK_VARIABLE, "time_zone", "+01:00", " SET time_zone='+01:00'; unrefused" },
    { "", SESSTRACK_VARIABLE, "auto_increment_increment", "2", " SET auto_increment_increment=2; unrefused" },
    { "", SESSTRACK_VARIABLE, "time_zone", "it's", " unknown_set unrefused" },
    { "", SESSTRACK_VARIABLE, "autocommit", "ON", "" },
    { "", SESSTRACK_VARIABLE, "last_insert_id", "5", " untold" },
    { "", SESSTRACK_VARIABLE, "last_gtid", "0-1-5", " last_gtid gtids" },
    { "", SESSTRACK_VARIABLE, "timestamp", "5", " untold" },
    { "s", SESSTRACK_VARIABLE, "timestamp", "5", "" },
    { "", SESSTRACK_VARIABLE, "session_track_schema", "OFF", " unknown_set" },
    { "", SESSTRACK_VARIABLE, "insert_id", "5", " held_set untold" },
    { "s", SESSTRACK_VARIABLE, "insert_id", "5", " untold" },
    { "", SESSTRACK_VARIABLE, "insert_id", "0", " untold" },
    { "m", SESSTRACK_VARIABLE, "insert_id", "0", " unknown_set untold" },
    { "m", SESSTRACK_VARIABLE, "insert_id", "5", " held_set untold" },
    { "m", SESSTRACK_VARIABLE, "insert_id", "?", " unknown_set untold" },
    { "m", SESSTRACK_VARIABLE, "sql_log_bin", "0", " held_set untold" },
    { "", SESSTRACK_VARIABLE, "wait_timeout", "9", " wait=9 told_wait" },
    { "", SESSTRACK_VARIABLE, "wait_timeout", "99999999999", " wait=4294967295 told_wait" },
    { "", SESSTRACK_VARIABLE, "wait_timeout", "x", "" },
    { "s", SESSTRACK_VARIABLE, "wait_timeout", "9", "" },
    { "f", SESSTRACK_VARIABLE, "time_zone", "+01:00", "" },
    { "f", SESSTRACK_VARIABLE, "last_gtid", "0-1-5", " last_gtid gtids" },
    { "mf", SESSTRACK_VARIABLE, "time_zone", "+01:00", " SET time_zone='+01:00'; unrefused" },
};

TEST(each_entry_is_noted_once)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        struct text after = { 0 };
        begin(&scene, rows[i].where);
        note(&scene, rows[i].type, rows[i].name, rows[i].value);
        describe(&scene, &after);
        assert_row(strcmp(text_cstr(&after), rows[i].after) == 0, "%s (%s) %s: %s", rows[i].name,
                   rows[i].where, rows[i].value, text_cstr(&after));
        text_fini(&after);
        end(&scene);
    }
}

TEST(entries_that_cannot_be_read_keep_the_connection)
{
    struct scene scene;
    begin(&scene, "");
    session_track_note(&scene.facets, &scene.job, scene.at, SPAN_LITERAL("\2\5\1"), 5);
    assert_true(pins_has(&scene.facets.pins, PIN_TRACKED_CHANGE));
    end(&scene);
}

RUN_TESTS(NULL, NULL)
