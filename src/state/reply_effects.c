/* What a reply says about the session's state. The servers' word (status flags, session tracking) comes
 * first; the statement's text fills in what servers do not report; whatever neither explains keeps the
 * session on the primary. Here: where its state is, its flags, packet by packet, and how it begins anew.
 */
#include "state/reply_effects.h"

#include "state/reply_effects_inside.h"

#include "mysql/reply.h"
#include "session/cost.h"
#include "state/client_tracking.h"
#include "state/error_ran_nothing.h"

enum route_place effects_home(const struct session *session)
{
    bool is_replica =
        session->facets.transaction.is_away || session->door->settings->mode == LISTENER_REPLICA;
    return is_replica ? ROUTE_REPLICA : ROUTE_PRIMARY;
}

void effects_come_home(struct session *session)
{
    if (session->facets.transaction.is_away)
        session->facets.status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    session->facets.transaction.is_away = session->facets.transaction.has_seen = false;
}

bool effects_has_transaction(const struct session *session)
{
    return (session->facets.status & STATUS_IN_TRANS) != 0 || session->facets.transaction.is_unknown;
}

bool effects_is_in_transaction(const struct session *session)
{
    return (session->facets.status & STATUS_IN_TRANS) != 0 ||
           (session->facets.status & STATUS_AUTOCOMMIT) == 0;
}

struct pin_origin effects_origin(const struct session *session)
{
    return (struct pin_origin){ .since_us = session_now(session), .statement = cost_statement(session) };
}

void effects_pin(struct session *session, enum pin_cause cause)
{
    if (!pins_has(&session->facets.pins, cause))
        log_debug(&session->scope, "pinned: %s", pin_cause_words(cause));
    const struct pin_origin origin = effects_origin(session);
    pins_add(&session->facets.pins, cause, (struct span){ 0 }, (struct span){ 0 }, &origin);
}

/* MySQL takes 0 for an id like others, and tells of it as it tells of none: when it is used up is not seen.
 */
static bool is_without_end(const struct session *session, struct span name, struct span literal)
{
    uint64_t id;
    return session_view(session)->family == FAMILY_MYSQL && span_is_nocase(name, "insert_id") &&
           (!span_to_u64(literal, &id) || id == 0);
}

void effects_lose_schema(struct session *session)
{
    effects_pin(session, PIN_UNKNOWN_SCHEMA);
}

void effects_hold(struct session *session, struct span name, struct span literal)
{
    const struct pin_origin origin = effects_origin(session);
    if (is_without_end(session, name, literal))
        effects_pin(session, PIN_UNKNOWN_SET);
    else if (vars_is_default(name, literal))
        pins_release(&session->facets.pins, PIN_HELD_SET, name);
    else
        pins_add(&session->facets.pins, PIN_HELD_SET, name, (struct span){ 0 }, &origin);
}

/* ---- a packet ---- */

static void note_insert_id(struct session *session, uint64_t id)
{
    session->facets.insert_id.value = session->slots[session->job.place].insert_id = id;
    session->facets.insert_id.is_unknown = false;
    session->job.reply.has_insert_id = true;
}

/* Only the home's word counts; and home is where the transaction is. */
static void follow_home(struct session *session, uint16_t status)
{
    struct job *job = &session->job;
    bool is_open = (status & STATUS_IN_TRANS) != 0;
    job->is_home |= job->place == effects_home(session);
    if (job->place != ROUTE_REPLICA || session->door->settings->mode != LISTENER_SPLIT || job->is_aside)
        return;
    job->is_home |= is_open;
    session->facets.transaction.is_away = is_open;
}

/* An EXECUTE of a name that the session has given to nothing, a routine that does not exist, and what the
 * server could not read have left nothing behind. */
static void note_unbegun(struct session *session, struct span packet)
{
    struct job *job = &session->job;
    struct reply_err err;
    if (!job->facts.may_hide_state || job->facts.is_multi || job->reply.has_multi || job->is_cut ||
        !reply_parse_err(packet, &err))
        return;
    if (err.code == ERR_UNKNOWN_STMT && job->facts.execute_name.len > 0 && !pins_any(&session->facets.pins))
        job->reply.is_unbegun = true;
    job->reply.is_unbegun |= error_ran_nothing_is_unreadable(&job->facts, err.code);
    if (job->digest == NULL || job->digest->cluster == NULL || job->command->byte != COM_QUERY)
        return;
    const struct unbegun_text said = { .kind = job->facts.kind,
                                       .statement = job->digest->text,
                                       .schema = text_span(&session->facets.schema) };
    job->reply.is_unbegun |= error_ran_nothing_lacks_routine(&said, err.code, err.text);
}

/* The password of the account has expired. When the client has set another one, only this connection knows:
 * headgate cannot log in again before its configuration has that, too. Other servers' connections of the
 * session would stay as they are. */
static void note_expired(struct session *session, struct upstream *upstream)
{
    upstream->is_soiled = true;
    effects_pin(session, PIN_EXPIRED_PASSWORD);
}

void effects_packet(struct session *session, struct upstream *upstream, const struct tracker_info *info)
{
    struct job *job = &session->job;
    if (job->facts.changes_accounts)
        login_age_note_change(session);
    if (info->kind == TRACKER_ERR) {
        job->reply.has_error = true;
        job->reply.error_code = info->error;
        note_unbegun(session, info->payload);
        if (info->error == ERR_MUST_CHANGE_PASSWORD)
            note_expired(session, upstream);
    }
    job->reply.has_warnings |= info->warnings > 0; /* a PREPARE's, too */
    if (info->kind != TRACKER_OK && info->kind != TRACKER_EOF)
        return;
    upstream->status = info->status;
    job->reply.has_changed |= info->affected > 0;
    job->reply.affected += info->affected;
    job->reply.has_rows |=
        info->kind == TRACKER_EOF || (info->payload.len > 0 && info->payload.data[0] == 0xFE);
    if (info->status & STATUS_MORE_RESULTS)
        job->reply.has_multi = true;
    follow_home(session, info->status);
    if (!job->is_home)
        return;
    session->facets.status = info->status;
    session->facets.transaction.is_unknown = false;
    if (info->insert_id != 0)
        note_insert_id(session, info->insert_id);
    if (info->session.len > 0)
        effects_note_tracking(session, upstream, info->session);
    else if (info->is_cut && (info->status & STATUS_SESSION_STATE_CHANGED))
        effects_pin(session, PIN_TRACKED_CHANGE);
}

/* ---- anew ---- */

/* As after login: COM_RESET_CONNECTION and COM_CHANGE_USER. The schema and the role stay: both families keep
 * them at a reset. */
void effects_reset(struct session *session)
{
    vars_clear(&session->facets.vars);
    prepared_clear(&session->prepared);
    session->facets.status = STATUS_AUTOCOMMIT;
    session->facets.insert_id.value = session->facets.insert_id.known_by = 0;
    session->facets.wait_s = 0;
    session->facets.has_profiles = false;
    session->facets.insert_id.is_unknown = false;
    session->facets.transaction.is_unknown = false;
    session->facets.transaction.is_away = session->facets.transaction.has_seen =
        session->facets.transaction.must_begin = false;
    session->facets.variables = VARIABLES_NOWHERE;
    session->facets.answers = (struct answers){ 0 };
    session->facets.draws = (struct draws){ 0 };
    user_variables_clear(&session->facets.user_vars);
    session->facets.has_replica_refused = session->facets.calls_in_read_only = false;
    client_tracking_begin(session);
    bool is_schema_unknown = pins_has(&session->facets.pins, PIN_UNKNOWN_SCHEMA);
    pins_clear(&session->facets.pins);
    if (session->facets.role.is_unsayable)
        effects_pin(session, PIN_UNKNOWN_SET);
    if (is_schema_unknown)
        effects_lose_schema(session);
    session->facets.has_left_schema = false;
    session->facets.answers.last_place = session->facets.answers.found_place =
        session->facets.answers.diagnostics_place = effects_home(session);
    effects_begin_reading(session);
}
