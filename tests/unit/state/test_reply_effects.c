/* What the packets of a reply tell of the session's state. */
#include "../base/unit.h"

#include "mysql/caps.h"
#include "mysql/reply.h"
#include "mysql/wire.h"
#include "state/pooled.h"
#include "state/reply_effects.h"
#include "stats/digests.h"

struct scene {
    struct facets facets;
    struct job job;
    struct pooled connections[SLOT_COUNT];
    struct slot slots[SLOT_COUNT], *at[SLOT_COUNT];
    struct digest_row digest;
};

static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };

static void begin(struct scene *scene, enum listener_mode mode, enum route_place place)
{
    *scene = (struct scene){ .facets.mode = mode, .job.command = &query, .job.place = place };
    for (int i = 0; i < SLOT_COUNT; i++) {
        scene->connections[i].upstream.family = FAMILY_MARIADB;
        scene->slots[i].upstream = &scene->connections[i].upstream;
        scene->at[i] = &scene->slots[i];
    }
}

static void end(struct scene *scene)
{
    text_fini(&scene->facets.schema);
    pins_clear(&scene->facets.pins);
}

#define OPEN STATUS_IN_TRANS
#define AUTO STATUS_AUTOCOMMIT

/* `where`: r on the replica, p on a port for reads, a in a read-only transaction on the replica, s a question
 * aside. `after`: h the reply is the home's, a the transaction is away, r rows, c changed rows, m more results,
 * w warnings, i an insert id, p the session is pinned. */
static const struct {
    const char *name, *where;
    struct tracker_info info;
    const char *after;
} packets[] = {
    { "OK", "", { .kind = TRACKER_OK, .status = AUTO }, "h" },
    { "OK of changes", "", { .affected = 1, .warnings = 1, .insert_id = 1 }, "hcwi" },
    { "more results", "", { .status = AUTO | STATUS_MORE_RESULTS }, "hm" },
    { "EOF of rows", "", { .kind = TRACKER_EOF, .status = AUTO }, "hr" },
    { "OK of rows", "", { .status = AUTO, .payload = SPAN_LITERAL("\xfe") }, "hr" },
    { "OK that is no row", "", { .status = AUTO, .payload = SPAN_LITERAL("\0\xfe") }, "h" },
    { "a PREPARE", "", { .kind = TRACKER_PREPARED, .warnings = 2 }, "w" },
    { "a cut OK", "", { .status = AUTO, .is_cut = true }, "h" },
    { "a cut OK with tracking", "", { .status = STATUS_SESSION_STATE_CHANGED, .is_cut = true }, "hp" },
    { "bad tracking", "", { .status = AUTO, .session = SPAN_LITERAL("\1\5x") }, "hp" },
    { "tracking", "", { .status = AUTO, .session = SPAN_LITERAL("\2\2\1\61") }, "h" },
    { "a read on a replica", "r", { .status = AUTO, .insert_id = 1 }, "" },
    { "a read-only transaction on a replica", "r", { .status = AUTO | OPEN }, "ha" },
    { "… a statement in it", "ra", { .status = AUTO | OPEN }, "ha" },
    { "… its end", "ra", { .status = AUTO }, "h" },
    { "… a question aside on the primary", "as", { .status = AUTO }, "a" },
    { "a question aside on a replica", "rs", { .status = AUTO | OPEN }, "" },
    { "a port for reads", "rp", { .status = AUTO | OPEN }, "h" },
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

TEST(each_packet_tells_the_session_s_state)
{
    for (size_t i = 0; i < COUNT_OF(packets); i++) {
        struct scene scene;
        char after[12];
        const char *where = packets[i].where;
        enum route_place place = has(where, 'r') ? ROUTE_REPLICA : ROUTE_PRIMARY;
        begin(&scene, has(where, 'p') ? LISTENER_REPLICA : LISTENER_SPLIT, place);
        scene.facets.transaction.is_unknown = true;
        scene.facets.transaction.is_away = has(where, 'a');
        scene.job.is_aside = has(where, 's');
        reply_effects_note(&scene.facets, &scene.job, scene.at, &packets[i].info, 1);
        const struct job_reply *reply = &scene.job.reply;
        (void)snprintf(after, sizeof after, "%s%s%s%s%s%s%s%s", scene.job.is_home ? "h" : "",
                       scene.facets.transaction.is_away ? "a" : "", reply->has_rows ? "r" : "",
                       reply->has_changed ? "c" : "", reply->has_multi ? "m" : "",
                       reply->has_warnings ? "w" : "", reply->has_insert_id ? "i" : "",
                       pins_any(&scene.facets.pins) ? "p" : "");
        assert_row(strcmp(after, packets[i].after) == 0, "%s: %s", packets[i].name, after);
        assert_int_equal(scene.facets.status, scene.job.is_home ? packets[i].info.status : 0);
        assert_row(scene.facets.transaction.is_unknown != scene.job.is_home, "%s", packets[i].name);
        assert_int_equal(scene.connections[place].upstream.status,
                         packets[i].info.kind == TRACKER_PREPARED ? 0 : packets[i].info.status);
        assert_int_equal(reply->affected, packets[i].info.affected);
        assert_false(reply->has_error);
        end(&scene);
    }
}

#define EXECUTE_P                                                                                            \
    {                                                                                                        \
        .kind = SQL_PREPARE, .execute_name = SPAN_LITERAL("p")                                               \
    }
#define NO_P "PROCEDURE app.p does not exist"

/* Statements that may leave hidden state: which errors prove that they have left none? `where`: m another result
 * came before, c the text is cut, p the session is pinned, b a prepared statement, s several statements. */
static const struct {
    const char *name, *where;
    struct sql_facts facts;
    uint16_t code;
    const char *text, *statement; /* `statement`: of the digest, or NULL */
    bool is_unbegun;
} errors[] = {
    { "EXECUTE of a name that is not there", "", EXECUTE_P, ERR_UNKNOWN_STMT, "?", NULL, true },
    { "… while the session is pinned", "p", EXECUTE_P, ERR_UNKNOWN_STMT, "?", NULL, false },
    { "… with another error", "", EXECUTE_P, ERR_NO_DB, "?", NULL, false },
    { "… after another result", "m", EXECUTE_P, ERR_UNKNOWN_STMT, "?", NULL, false },
    { "… of several statements", "s", EXECUTE_P, ERR_UNKNOWN_STMT, "?", NULL, false },
    { "… of a cut text", "c", EXECUTE_P, ERR_UNKNOWN_STMT, "?", NULL, false },
    { "EXECUTE of an unknown name", "", { .kind = SQL_PREPARE }, ERR_UNKNOWN_STMT, "?", NULL, false },
    { "CALL of no procedure", "", { .kind = SQL_CALL }, 1305, NO_P, "CALL p ( )", true },
    { "… but inside another one", "", { .kind = SQL_CALL }, 1305, NO_P, "CALL q ( )", false },
    { "… without a digest", "", { .kind = SQL_CALL }, 1305, NO_P, NULL, false },
    { "… as a prepared statement", "b", { .kind = SQL_CALL }, 1305, NO_P, "CALL p ( )", false },
    { "a text that cannot be parsed", "", { .kind = SQL_WRITE }, ERR_PARSE, "?", NULL, true },
};

TEST(some_errors_prove_that_nothing_ran)
{
    static const struct command execute = { .byte = COM_STMT_EXECUTE, .manner = COMMAND_PREPARED };
    for (size_t i = 0; i < 2 * COUNT_OF(errors); i++) {
        struct scene scene;
        struct text packet = { 0 };
        bool may_hide = i < COUNT_OF(errors);
        size_t row = i % COUNT_OF(errors);
        begin(&scene, LISTENER_SPLIT, ROUTE_PRIMARY);
        assert_true(text_append_cstr(&scene.facets.schema, "app"));
        scene.job.facts = errors[row].facts;
        scene.job.facts.may_hide_state = may_hide;
        const char *where = errors[row].where;
        scene.job.facts.is_multi = has(where, 's');
        scene.job.reply.has_multi = has(where, 'm');
        scene.job.is_cut = has(where, 'c');
        scene.job.command = has(where, 'b') ? &execute : &query;
        if (has(where, 'p'))
            facets_pin(&scene.facets, PIN_UNKNOWN_SET, &(struct pin_origin){ 0 });
        if (errors[row].statement != NULL) {
            scene.digest =
                (struct digest_row){ .cluster = (char[]){ "c" }, .text = span_cstr(errors[row].statement) };
            scene.job.digest = &scene.digest;
        }
        wire_put_u8(&packet, 0xff);
        wire_put_u16(&packet, errors[row].code);
        assert_true(text_append_cstr(&packet, "#42000") && text_append_cstr(&packet, errors[row].text));
        const struct tracker_info info = { .kind = TRACKER_ERR,
                                           .error = errors[row].code,
                                           .payload = text_span(&packet) };
        reply_effects_note(&scene.facets, &scene.job, scene.at, &info, 1);
        assert_true(scene.job.reply.has_error && scene.job.reply.error_code == errors[row].code);
        assert_row(scene.job.reply.is_unbegun == (errors[row].is_unbegun && may_hide), "%s",
                   errors[row].name);
        assert_int_equal(pins_any(&scene.facets.pins), has(where, 'p'));
        text_fini(&packet);
        end(&scene);
    }
}

TEST(expired_password_keeps_the_connection)
{
    struct scene scene;
    begin(&scene, LISTENER_SPLIT, ROUTE_PRIMARY);
    const struct tracker_info info = { .kind = TRACKER_ERR, .error = ERR_MUST_CHANGE_PASSWORD };
    reply_effects_note(&scene.facets, &scene.job, scene.at, &info, 1);
    assert_true(pins_has(&scene.facets.pins, PIN_EXPIRED_PASSWORD));
    assert_true(scene.slots[ROUTE_PRIMARY].upstream->is_soiled);
    assert_false(scene.slots[ROUTE_REPLICA].upstream->is_soiled);
    end(&scene);
}

RUN_TESTS(NULL, NULL)
