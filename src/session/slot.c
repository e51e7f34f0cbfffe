#include "session/slot.h"

#include "upstream/quota.h"
#include "upstream/upstream_login.h"
#include "mysql/reply.h"
#include "pool/fit.h"
#include "pool/login_age.h"
#include "pool/prewarm.h"
#include "pool/reset.h"
#include "prepared/upstream_statements.h"
#include "session/reuse.h"
#include "session/state_capture.h"
#include "session/yield.h"
#include "state/pooled.h"
#include "state/facet_table.h"
#include "state/galera_wait.h"
#include "state/schema.h"

#include <assert.h>
#include <errno.h>

static struct slot *constant(const struct slot *slot)
{
    const union {
        const struct slot *constant;
        struct slot *slot;
    } as = { slot };
    return as.slot;
}

struct slot *slot_none(void)
{
    static const struct slot none;
    return constant(&none);
}

struct slot *slot_without_memory(void)
{
    static const struct slot failed = {
        .has_failed = true,
        .failure = { .code = ENOMEM, .text = "out of memory for a connection" },
    };
    return constant(&failed);
}

/* ---- upstream callbacks: each notes what happened, then runs the driver ---- */

static struct slot *slot_of(struct session *session, const struct upstream *upstream)
{
    return session->slots[slot_place_of(session->slots, upstream)];
}

static void on_ready(struct upstream *upstream)
{
    if (upstream->quota.permits != NULL)
        quota_note_login(upstream->quota.permits->quota);
    session_run(upstream->owner);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    if (slot->capture != NULL) {
        state_capture_note(session, slot, answer);
    } else {
        slot->answer = *answer;
        slot->has_answer = true;
    }
    session_run(session);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct session *session = upstream->owner;
    struct slot *slot = slot_of(session, upstream);
    slot->has_failed = true;
    slot->failure = *err;
    state_capture_end(slot);
    session_run(session);
}

/* Something came on an idle connection: its end, or an ERR that announces the end. */
static void note_unsolicited(struct slot *slot)
{
    struct buf *in = &slot->upstream->stream.in;
    struct packet_header header;
    struct reply_err said;
    struct span bytes = buf_unparsed(in);
    slot->has_failed = true;
    if (packet_peek(bytes, &header) && header.len > 0 && bytes.len >= PACKET_HEADER_BYTES + header.len &&
        reply_parse_err(span_of(bytes.data + PACKET_HEADER_BYTES, header.len), &said))
        (void)error_set(&slot->failure, said.code, "the server said: %d %.*s", said.code,
                        (int)(said.text.len < 200 ? said.text.len : 200), (const char *)said.text.data);
    else if (slot->upstream->stream.error != 0)
        (void)error_errno(&slot->failure, slot->upstream->stream.error, "the connection failed");
    else
        (void)error_set(&slot->failure, 0,
                        bytes.len > 0 ? "the server spoke out of turn" : "the server closed the connection");
}

static void flush(struct slot *slot)
{
    if (stream_flush(&slot->upstream->stream) == STREAM_FAILED && !slot->has_failed)
        note_unsolicited(slot);
}

static void fill(struct session *session, struct upstream *upstream)
{
    enum stream_result result = stream_fill(&upstream->stream);
    if (result == STREAM_EOF)
        upstream->stream.is_eof = true;
    bool has_news = result != STREAM_BLOCKED;
    if (upstream->state == UPSTREAM_READY && has_news)
        note_unsolicited(slot_of(session, upstream));
    if (!has_news)
        stream_trim(&upstream->stream);
}

static void on_io(struct upstream *upstream, int events)
{
    struct session *session = upstream->owner;
    if (events & EV_READ)
        fill(session, upstream);
    if (upstream->state == UPSTREAM_READY && (events & EV_WRITE))
        flush(slot_of(session, upstream));
    session_run(session);
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready,
    .on_answer = on_answer,
    .on_failed = on_failed,
    .on_io = on_io,
    .on_wanted = yield_on_wanted,
    .on_aged = yield_on_aged,
    .use = yield_use,
};

/* ---- is the connection still alive? ---- */

/* If the last reply is older than this, the connection is read before a command is sent. */
#define LISTEN_AFTER_US 1000000

/* Bytes that arrived before the present command are no answer to it. The loop may know that the connection is
 * readable but handle the client first (stream_is_called). It does not know of bytes that came while this
 * thread did not run; after some silence a system call for them is worth its cost. */
void slot_listen(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    struct upstream *upstream = slot->upstream;
    if (upstream == NULL || slot->has_failed || upstream->state != UPSTREAM_READY)
        return;
    bool is_old = session_now(session) - upstream->answered_us >= LISTEN_AFTER_US;
    if (is_old || stream_is_called(&upstream->stream))
        fill(session, upstream);
    if (slot->has_failed)
        session->worker->driver->bury_idle(session, place);
}

/* ---- a place is filled ---- */

static struct login_recipe recipe_of(const struct session *session)
{
    return (struct login_recipe){ .user = session->user,
                                  .proof = session->seen,
                                  .attributes = text_span(&session->attributes),
                                  .caps = session->upstream_caps,
                                  .collation = session->collation,
                                  .client = &session->ends };
}

struct upstream_key slot_key(const struct session *session, int server)
{
    const struct login_recipe recipe = recipe_of(session);
    bool has_schema = session->facets.schema.len > 0 && !session->job->has_no_schema;
    return key_of(&recipe, session->listener->cluster, &session_view(session)->servers[server], has_schema);
}

static void note_use(const struct session *session)
{
    const struct login_recipe recipe = recipe_of(session);
    prewarm_note(&session->worker->pool, session->listener->cluster, &recipe);
}

/* Gives the account's permit that the session has in hand to the connection, which was just opened or taken
 * and has its key. If the session has none in hand but the account has a limit there, the connection counts
 * in spite of the limit. NULL: the connection could not be opened; the permit is given back. */
static void hold_quota(struct session *session, struct upstream *upstream)
{
    struct quota *quota = session->queue.quota;
    session->queue.quota = NULL;
    if (quota != NULL && upstream != NULL)
        quota_hold(quota, upstream);
    else if (quota != NULL)
        permits_give(&quota->permits);
    else if (upstream != NULL && (quota = quota_find(upstream->server, upstream->key.account)) != NULL)
        quota_enlist(quota, upstream);
}

/* A slot in the job's place, which is empty, for a new connection: no statement has run there, and no variable
 * is set. NULL when memory is out: the place is slot_without_memory(), and the account's permit is given back. */
static struct slot *begin_slot(struct session *session, int server)
{
    struct slot *slot = mem_slab_take(&session->worker->slots);
    assert(session->slots[session->job->place] == slot_none());
    session->slots[session->job->place] = slot != NULL ? slot : slot_without_memory();
    if (slot == NULL) {
        hold_quota(session, NULL);
        return NULL;
    }
    *slot = (struct slot){ .set = facet_bit(FACET_SCHEMA),
                           .server = server,
                           .moves = session_view(session)->servers[server].moves,
                           .generation = ++session->generations,
                           .option_version = session->facets.option.version };
    if (consistency_is_new_writer(&session->consistency, session->job, server))
        galera_wait_note_due(slot);
    return slot;
}

void slot_take(struct session *session, int server, struct upstream *take_upstream)
{
    struct slot *slot = begin_slot(session, server);
    if (slot == NULL) {
        upstream_close(&take_upstream);
        return;
    }
    upstream_hand_over(take_upstream, &owner_ops, session);
    permits_touch(&take_upstream->permit, session->worker->index, session_now(session));
    if (take_upstream->quota.permits == NULL)
        hold_quota(session, take_upstream);
    slot->upstream = take_upstream;
    reuse_adopt(session, slot);
    note_use(session);
}

/* Notes how old the rights of this login are (proved_us). The primary has the present ones. A replica has at
 * least those of the session's login, except if accounts changed shortly before that and the session's reads
 * do not follow writes: then the age is unknown, 0. */
static void note_login(const struct session *session, struct upstream *upstream)
{
    bool is_recent = login_age_is_recent(&session->worker->pool, session->listener->cluster);
    bool may_lack = is_recent && !consistency_is_followed(&session->consistency);
    if (session->job->place == ROUTE_PRIMARY)
        pooled_of(upstream)->proved_us = session_now(session);
    else
        pooled_of(upstream)->proved_us = may_lack ? 0 : session->rights.login_us;
}

static struct upstream_wish wish_of(const struct session *session, int server)
{
    const struct login_recipe recipe = recipe_of(session);
    struct upstream_wish wish = key_wish(&recipe, &session_view(session)->servers[server]);
    wish.schema = schema_of_login(&session->facets, session->job);
    return wish;
}

void slot_change(struct session *session, int server, struct upstream *take_upstream)
{
    const struct upstream_wish wish = wish_of(session, server);
    upstream_statements_forget(take_upstream);
    pooled_note_beginning(take_upstream);
    pooled_of(take_upstream)->vars_version = 0;
    bool is_own = take_upstream->key.account == session->user->account;
    if (!is_own)
        permits_release(&take_upstream->quota, session->worker->index);
    take_upstream->key = slot_key(session, server);
    slot_take(session, server, take_upstream);
    struct slot *slot = session->slots[session->job->place];
    if (slot == slot_without_memory())
        return;
    note_login(session, take_upstream);
    slot->is_changing = true;
    slot->is_renewing = is_own;
    pooled_of(take_upstream)->is_unclean = false;
    upstream_change_user(take_upstream, &wish);
}

void slot_open(struct session *session, int server)
{
    struct slot *slot = begin_slot(session, server);
    const struct view_server *entry = &session_view(session)->servers[server];
    if (slot == NULL) {
        permits_give(&entry->server->permits);
        return;
    }
    const struct upstream_wish wish = wish_of(session, server);
    slot->upstream =
        upstream_open(&session->worker->env, entry->server, &wish, &owner_ops, session, &slot->failure);
    slot->has_failed = slot->upstream == NULL;
    if (slot->upstream != NULL) {
        slot->upstream->key = slot_key(session, server);
        note_login(session, slot->upstream);
    }
    hold_quota(session, slot->upstream);
    note_use(session);
}

/* ---- a place is emptied ---- */

/* Empties the slot. The caller owns the connection; NULL: there was none. */
static struct upstream *release(struct session *session, enum route_place place)
{
    struct slot *slot = session->slots[place];
    struct upstream *upstream = slot->upstream;
    if (upstream != NULL && !session->is_new)
        consistency_note_drop(&session->consistency, session->job, place, slot);
    if (upstream != NULL && upstream->state == UPSTREAM_BUSY && session->job->facts.changes_accounts) {
        /* the statement may have run nevertheless */
        login_age_note_change(&session->worker->pool, session->listener->cluster);
        worker_note_account_change(session->worker, session->listener->cluster);
    }
    state_capture_end(slot);
    session->facets.has_lost_draws |= slot->has_own_writes;
    if (session->job->wait.asked == slot)
        session->job->wait.asked = slot_none();
    if (slot != slot_none() && slot != slot_without_memory())
        mem_slab_give(&session->worker->slots, slot);
    session->slots[place] = slot_none();
    return upstream;
}

void slot_drop(struct session *session, enum route_place place)
{
    struct upstream *upstream = release(session, place);
    if (upstream != NULL)
        upstream->is_killed = session->close_reason == CLOSE_KILLED;
    upstream_close(&upstream);
}

void slot_leave(struct session *session, enum route_place place, bool is_promised)
{
    if (!fit_may_park(&session->worker->pool, session->slots[place], &session->facets)) {
        slot_drop(session, place);
        return;
    }
    (void)reuse_leave(session, place);
    reset_and_park(&session->worker->pool, release(session, place), is_promised);
}

void slot_leave_all(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        slot_leave(session, (enum route_place)place, false);
}

void slot_drop_idle(struct session *session, enum route_place place)
{
    if (session->slots[place]->upstream != NULL && !slot_has_lost_state(session, place))
        slot_drop(session, place);
}

void slot_drop_all(struct session *session)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        slot_drop(session, (enum route_place)place);
}

/* ---- is it the right connection? ---- */

bool slot_has_lost_state(const struct session *session, enum route_place place)
{
    return facets_may_keep(&session->facets) && facets_pins(&session->facets, place) != 0;
}

bool slot_has_moved(const struct session *session, enum route_place place)
{
    const struct slot *slot = session->slots[place];
    return slot->upstream != NULL && slot->moves != session_view(session)->servers[slot->server].moves;
}

bool slot_continues_there(const struct session *session, enum route_place place)
{
    const struct job *job = session->job;
    const struct prepared *prepared = job->prepared;
    if (prepared == NULL || job->place != place || prepared->last_place != (int)place ||
        prepared->copies[place].generation != session->slots[place]->generation)
        return false;
    return job->command->byte == COM_STMT_FETCH ? prepared->has_cursor : prepared->has_long_data;
}

/* Is the connection still to a server for this place? A connection with state of the session stays in any
 * case. A connection to a replica also stays for a command that continues what an earlier one began there. */
bool slot_is_current(const struct session *session, enum route_place place)
{
    const struct view *view = session_view(session);
    const struct slot *slot = session->slots[place];
    if (slot->upstream == NULL)
        return false;
    if (slot->has_failed)
        return true; /* the client must get the failure */
    if (slot_has_moved(session, place))
        return slot_has_lost_state(session, place);
    if (place == ROUTE_PRIMARY && slot->server == view->primary)
        return true;
    if (place == ROUTE_REPLICA && view->servers[slot->server].takes_reads &&
        slot->server != session->job->avoid)
        return true;
    return (place == ROUTE_REPLICA && slot_continues_there(session, place)) ||
           slot_has_lost_state(session, place);
}

bool slot_is_left(const struct session *session, enum route_place place)
{
    const struct view *view = session_view(session);
    const struct slot *slot = session->slots[place];
    const struct view_server *entry = &view->servers[slot->server];
    if (slot->upstream == NULL || slot->has_failed || slot_has_lost_state(session, place) ||
        yield_has_statements(session, place))
        return false;
    if (entry->state == SERVER_DRAINING || slot_has_moved(session, place))
        return true;
    if (place == ROUTE_REPLICA)
        return !entry->takes_reads;
    /* While there is no primary, the former one may come back. */
    return view->primary != VIEW_NO_SERVER && slot->server != view->primary;
}
