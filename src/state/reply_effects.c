#include "state/reply_effects.h"

#include "mysql/reply.h"
#include "state/error_ran_nothing.h"
#include "state/insert_id.h"
#include "state/session_track.h"
#include "stats/digests.h"

/* Only a reply from the session's home (facets_home) tells the session's state. Home is where the transaction
 * is. */
static void follow_home(struct facets *facets, struct job *job, uint16_t status)
{
    bool is_open = (status & STATUS_IN_TRANS) != 0;
    job->is_home |= job->place == facets_home(facets);
    if (job->place != ROUTE_REPLICA || facets->mode != LISTENER_SPLIT || job->is_aside)
        return;
    job->is_home |= is_open;
    facets->transaction.is_away = is_open;
}

/* Sets reply.is_unbegun for errors that prove that the statement has left no state: an EXECUTE of a name that
 * the session has not prepared, the call of a routine that does not exist, a text that the server could not
 * parse. */
static void note_unbegun(const struct facets *facets, struct job *job, struct span packet)
{
    struct reply_err err;
    if (!job->facts.may_hide_state || job->facts.is_multi || job->reply.has_multi || job->is_cut ||
        !reply_parse_err(packet, &err))
        return;
    if (err.code == ERR_UNKNOWN_STMT && job->facts.execute_name.len > 0 && !pins_any(&facets->pins))
        job->reply.is_unbegun = true;
    job->reply.is_unbegun |= error_ran_nothing_is_unreadable(&job->facts, err.code);
    if (job->digest == NULL || job->digest->cluster == NULL || job->command->byte != COM_QUERY)
        return;
    const struct unbegun_text said = { .kind = job->facts.kind,
                                       .statement = job->digest->text,
                                       .schema = text_span(&facets->schema) };
    job->reply.is_unbegun |= error_ran_nothing_lacks_routine(&said, err.code, err.text);
}

static void pin(struct facets *facets, enum pin_cause cause, const struct job *job, uint64_t now_us)
{
    const struct pin_origin origin = job_origin(job, now_us);
    facets_pin(facets, cause, &origin);
}

void reply_effects_note(struct facets *facets, struct job *job, struct slot *const slots[SLOT_COUNT],
                        const struct tracker_info *info, uint64_t now_us)
{
    struct upstream *upstream = slots[job->place]->upstream;
    if (info->kind == TRACKER_ERR) {
        job->reply.has_error = true;
        job->reply.error_code = info->error;
        note_unbegun(facets, job, info->payload);
        if (info->error == ERR_MUST_CHANGE_PASSWORD) {
            /* The password of the account has expired. If the client sets a new one, only this connection can
             * be used: headgate cannot log in again before its configuration has the new password, too.
             * Connections of the session to other servers stay as they are. */
            upstream->is_soiled = true;
            pin(facets, PIN_EXPIRED_PASSWORD, job, now_us);
        }
    }
    job->reply.has_warnings |= info->warnings > 0; /* also those of a PREPARE */
    if (info->kind != TRACKER_OK && info->kind != TRACKER_EOF)
        return;
    upstream->status = info->status;
    job->reply.has_changed |= info->affected > 0;
    job->reply.affected += info->affected;
    job->reply.has_rows |=
        info->kind == TRACKER_EOF || (info->payload.len > 0 && info->payload.data[0] == 0xFE);
    if (info->status & STATUS_MORE_RESULTS)
        job->reply.has_multi = true;
    follow_home(facets, job, info->status);
    if (!job->is_home)
        return;
    facets->status = info->status;
    facets->transaction.is_unknown = false;
    if (info->insert_id != 0)
        insert_id_note_told(facets, job, slots[job->place], info->insert_id);
    if (info->session.len > 0)
        session_track_note(facets, job, slots, info->session, now_us);
    else if (info->is_cut && (info->status & STATUS_SESSION_STATE_CHANGED))
        pin(facets, PIN_TRACKED_CHANGE, job, now_us);
}
