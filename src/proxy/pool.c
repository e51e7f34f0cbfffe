#include "proxy/pool.h"

#include "cluster/upstream_exchange.h"
#include "cluster/upstream_setup.h"
#include "mysql/reply.h"
#include "net/descriptors.h"
#include "proxy/asleft.h"
#include "proxy/key.h"
#include "proxy/share.h"
#include "proxy/statements.h"
#include "proxy/warm.h"

enum cleaning {
    CLEANING_NOTHING,
    CLEANING_ID,
    CLEANING_RESET,
    CLEANING_SETUP,
    CLEANING_CHARSETS,
    CLEANING_LOGIN
};

/* ---- which ones ---- */

/* MariaDB restores character sets at a reset if it knows the collation of the handshake. After one that it
 * does not know (10.11: 255) the reset leaves what some earlier connection had; these it knows since 10.6. */
static bool is_restored_by_mariadb(uint8_t collation)
{
    static const struct {
        uint8_t first, last;
    } known[] = { { 1, 16 },    { 18, 75 },   { 77, 99 },   { 101, 124 },
                  { 128, 151 }, { 159, 183 }, { 192, 215 }, { 223, 247 } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (collation >= known[i].first && collation <= known[i].last)
            return true;
    return false;
}

struct upstream_key pool_key(const struct session *session, int server)
{
    return (struct upstream_key){
        .account = session->user->account, /* who is let in as it has proved the one password that it has */
        .caps = session->upstream_caps,
        .moves = session_view(session)->servers[server].moves,
        .cluster = session->door->cluster,
        .collation = handshake_collation(session->collation),
        .has_schema = session->schema.len > 0,
    };
}

/* Something may go there, and it is still that machine. While there is no primary the old one may come back.
 */
static bool is_usable(const struct view *view, size_t server, const struct upstream_key *key)
{
    const struct view_server *entry = &view->servers[server];
    bool is_out =
        entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED || entry->state == SERVER_DRAINING;
    bool has_work = entry->takes_reads || view->primary == (int)server || view->primary == VIEW_NO_SERVER;
    return !is_out && has_work && entry->moves == key->moves;
}

static struct permits_holders *holders_of(const struct upstream *upstream)
{
    return upstream->permit.permits != NULL ? &upstream->permit.permits->holders[upstream->env->worker]
                                            : NULL;
}

static struct pool_counters *counters_of(const struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    return &worker->boxes[upstream->key.cluster].pool;
}

static const struct cluster_settings *settings_of(const struct worker *worker, unsigned cluster)
{
    return worker->world->clusters != NULL ? &worker->world->clusters[cluster] : NULL;
}

/* These a reset gives back, as the tests show on each family: the rest goes with the connection. */
static bool has_lasting_pins(const struct session *session)
{
    static const uint32_t undone = 1u << PIN_TEMPORARY_TABLE | 1u << PIN_TABLE_LOCK | 1u << PIN_USER_LOCK |
                                   1u << PIN_HANDLER | 1u << PIN_PREPARED | 1u << PIN_NEXT_TRANSACTION;
    return (session->pins.causes & ~undone) != 0;
}

/* When it has lived for so long it is not parked any more: a tenth sooner or later, so that those opened in
 * one burst do not go in one. 0: never. */
static uint64_t end_of_life(const struct worker *worker, const struct upstream *upstream)
{
    uint64_t lifetime = worker->world->timeouts->server_lifetime_us;
    uint64_t share =
        (upstream->connection_id * UINT32_C(2654435761)) >> 22; /* 0 … 1023, as good as by chance */
    return lifetime > 0 ? upstream->opened_us + lifetime - lifetime / 10 + lifetime / 5 * share / 1023 : 0;
}

static bool is_old(const struct worker *worker, const struct upstream *upstream)
{
    uint64_t end = end_of_life(worker, upstream);
    return end != 0 && worker->loop.now_us >= end;
}

static bool is_full(const struct worker *worker, const struct upstream *upstream)
{
    const struct cluster_settings *settings = settings_of(worker, upstream->key.cluster);
    if (!descriptors_may_use(upstream->stream.fd, DESCRIPTORS_PARKED))
        return true;
    return settings == NULL ||
           (settings->pool_idle_max != POOL_IDLE_AUTO &&
            server_sum(upstream->server).connections_idle >= (uint64_t)settings->pool_idle_max);
}

/* Whatever it was used for, a reset makes it new. */
static bool is_clean_after_reset(const struct upstream *upstream)
{
    const struct permits_holders *holders = holders_of(upstream);
    bool has_init = atomic_load_explicit(&upstream->server->has_init_connect, memory_order_relaxed);
    return holders != NULL && !holders->has_no_reset && !has_init && !upstream->is_soiled &&
           !upstream->is_id_told &&
           (upstream->family == FAMILY_MYSQL || is_restored_by_mariadb(upstream->key.collation));
}

static bool is_quiet(const struct upstream *upstream)
{
    const struct buf *in = &upstream->stream.in;
    return upstream->state == UPSTREAM_READY && upstream->has_been_ready &&
           !stream_has_output(&upstream->stream) && !upstream->stream.is_eof && upstream->stream.error == 0 &&
           buf_unsent(in).len == 0 && buf_unparsed(in).len == 0;
}

bool pool_may_park(const struct session *session, enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    const struct upstream *upstream = slot->upstream;
    const struct worker *worker = session->worker;
    if (upstream == NULL || slot->has_failed || upstream->key.account == 0 || worker->is_draining)
        return false;
    bool has_kept_role = session->role_version != 0 || slot->role_version != 0;
    return is_quiet(upstream) && is_clean_after_reset(upstream) && !has_kept_role &&
           session->option_version == 0 && !has_lasting_pins(session) && !is_old(worker, upstream) &&
           !is_full(worker, upstream) &&
           is_usable(session_view(session), (size_t)slot->server, &upstream->key);
}

/* ---- leaving ---- */

static void leave(struct upstream *upstream)
{
    struct permits_holders *holders = holders_of(upstream);
    if (list_is_linked(&upstream->in_pool)) {
        list_unlink(&holders->parked, &upstream->in_pool);
        counter_sub(&holders->kinds[key_kind(&upstream->key)], 1);
        warm_look(upstream->owner);
    }
    if (upstream->is_promised)
        permits_promise(holders->permits, -1);
    upstream->is_promised = false;
}

/* Parked, or not: it is not on its way to be any more. */
static void end_opening(struct upstream *upstream)
{
    if (upstream->is_ahead)
        (void)atomic_fetch_sub_explicit(&upstream->server->opening_ahead, 1, memory_order_release);
    upstream->is_ahead = false;
}

static void drop(struct upstream *upstream)
{
    leave(upstream);
    end_opening(upstream);
    upstream_close(&upstream);
}

static void retire(struct upstream *upstream)
{
    counter_add(&counters_of(upstream)->pool_retired, 1);
    drop(upstream);
}

/* Its server ended it, or something is wrong with it. */
static void lose(struct upstream *upstream, const char *how)
{
    struct worker *worker = upstream->owner;
    counter_add(&upstream->server->by_worker[worker->index].drops, 1);
    counter_add(&counters_of(upstream)->pool_lost, 1);
    worker_note_trouble(worker, upstream->key.cluster);
    log_limited(LOG_LEVEL_INFO, NULL, "parked connection to %s lost: %s", upstream->server->name, how);
    drop(upstream);
}

/* Nothing is expected of it: an end, or an error on the way to one. */
static bool has_spoken(struct upstream *upstream)
{
    if (stream_fill(&upstream->stream) != STREAM_BLOCKED)
        return true;
    stream_trim(&upstream->stream);
    return false;
}

static void on_io(struct upstream *upstream, int events)
{
    if (events & EV_WRITE) /* what closes statements; a failure is heard of by reading */
        upstream_flush(upstream);
    if ((events & EV_READ) && has_spoken(upstream))
        lose(upstream, "the server ended it, or spoke out of turn");
}

/* Texts of statements are each worker's own: on another thread it knows none. */
static void let_go(struct upstream *upstream)
{
    const struct worker *worker = upstream->owner;
    if (worker->world->worker_count > 1)
        statements_close_all(upstream);
    upstream_leave(upstream);
}

static void fail_opening(struct upstream *upstream, const struct error *err)
{
    log_limited(LOG_LEVEL_INFO, NULL, "no connection to %s could be opened ahead: %s", upstream->server->name,
                err->text);
    warm_ended(upstream->owner, upstream->server, &upstream->key, err);
    drop(upstream);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    if (upstream->is_ahead)
        fail_opening(upstream, err);
    else
        lose(upstream, err->text);
}

static void begin_reset(struct upstream *upstream);

/* As it was left it may be for a while only; made new, for longer. */
static void on_expired(struct upstream *upstream)
{
    if (upstream->legacy.is_there) {
        leave(upstream);
        upstream_hand_over(upstream, upstream->ops, upstream->owner);
        begin_reset(upstream);
        return;
    }
    log_debug(NULL, "a parked connection to %s is retired", upstream->server->name);
    retire(upstream);
}

/* ---- cleaning ---- */

void pool_reset(struct worker *worker, struct upstream *upstream)
{
    counter_add(&worker->boxes[upstream->key.cluster].pool.connections_reset, 1);
    statements_forget(upstream);
    upstream_reset(upstream);
}

static void begin_reset(struct upstream *upstream)
{
    upstream->cleaning = CLEANING_RESET;
    text_fini(&upstream->schema);
    upstream->vars_version = 0;
    pool_reset(upstream->owner, upstream);
}

/* The next session has generated no id yet, most likely. */
static void begin_id(struct upstream *upstream)
{
    upstream->cleaning = CLEANING_ID;
    upstream_exchange(upstream, REPLY_GENERIC, SPAN_LITERAL("\x03SET last_insert_id=0"),
                      upstream->env->login_us);
}

/* No longer than the server's own patience with a silent client, by far. */
static uint64_t patience_us(const struct worker *worker, const struct upstream *upstream)
{
    uint64_t patience = worker->world->timeouts->server_idle_us, now = worker->loop.now_us;
    uint64_t own = atomic_load_explicit(&upstream->server->patience_s, memory_order_relaxed);
    uint64_t end = end_of_life(worker, upstream);
    if (own > 0 && own * 500000 < patience)
        patience = own * 500000;
    if (end == 0 || end > upstream->idle_us + patience)
        end = upstream->idle_us + patience;
    uint64_t trust = asleft_trust(worker, upstream);
    if (upstream->legacy.is_there && end > now + trust)
        end = now + trust;
    return end > now ? end - now : 1;
}

/* From now on it waits for a session. */
static void shelve(struct upstream *upstream)
{
    struct permits_holders *holders = holders_of(upstream);
    upstream_expire(upstream, patience_us(upstream->owner, upstream));
    list_link_last(&holders->parked, &upstream->in_pool);
    counter_add(&holders->kinds[key_kind(&upstream->key)], 1);
}

/* At once: nobody is run by that. */
static void park_as_left(struct upstream *upstream)
{
    struct permits_holders *holders = holders_of(upstream);
    leave(upstream);
    upstream->cleaning = CLEANING_NOTHING;
    upstream->idle_us = upstream->env->loop->now_us;
    if (is_full(upstream->owner, upstream) && !permits_is_wanted(holders->permits)) {
        retire(upstream);
        return;
    }
    shelve(upstream);
    pool_give_way(holders);
}

static void park(struct upstream *upstream)
{
    struct permits_holders *holders = holders_of(upstream);
    const struct worker *worker = upstream->owner;
    leave(upstream);
    upstream->cleaning = CLEANING_NOTHING;
    upstream->is_unclean = false;
    upstream->vars_version = 0;
    upstream->idle_us = worker->loop.now_us;
    if (is_full(worker, upstream) && !permits_is_wanted(holders->permits)) {
        retire(upstream);
        return;
    }
    counter_add(&counters_of(upstream)->pool_parked, 1);
    shelve(upstream);
    end_opening(upstream);
    pool_give_way(holders);
}

void pool_note_refusal(struct upstream *upstream, const struct error *err)
{
    if (upstream->asked == COM_RESET_CONNECTION && err->code == ERR_UNKNOWN_COM)
        holders_of(upstream)->has_no_reset = true;
    log_limited(LOG_LEVEL_INFO, NULL, "a connection to %s is not kept: it could not be made new: %d %s",
                upstream->server->name, err->code, err->text);
}

static void refuse(struct upstream *upstream, const struct error *err)
{
    pool_note_refusal(upstream, err);
    counter_add(&counters_of(upstream)->pool_unclean, 1);
    drop(upstream);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    bool is_mysql = upstream->family == FAMILY_MYSQL;
    /* A collation that the server does not know was not set by the handshake either. */
    bool is_unknown =
        upstream->cleaning == CLEANING_CHARSETS && answer->error.code == ERR_UNKNOWN_CHARACTER_SET;
    if (answer->is_err && !is_unknown) {
        refuse(upstream, &answer->error);
    } else if (upstream->cleaning == CLEANING_ID) {
        upstream->legacy.insert_id = 0;
        park_as_left(upstream);
    } else if (upstream->cleaning == CLEANING_RESET) {
        upstream->cleaning = CLEANING_SETUP;
        upstream_set_up(upstream);
    } else if (upstream->cleaning == CLEANING_SETUP && is_mysql) {
        upstream->cleaning = CLEANING_CHARSETS;
        upstream_restore_charsets(upstream);
    } else {
        park(upstream);
    }
}

static void on_ready(struct upstream *upstream)
{
    const struct error full = { .text = "there is no room for it" };
    if (is_full(upstream->owner, upstream)) {
        fail_opening(upstream, &full);
        return;
    }
    counter_add(&counters_of(upstream)->pool_opened_ahead, 1);
    warm_ended(upstream->owner, upstream->server, &upstream->key, NULL);
    park(upstream);
}

static const struct upstream_owner_ops pool_ops = { .on_ready = on_ready,
                                                    .on_answer = on_answer,
                                                    .on_failed = on_failed,
                                                    .on_io = on_io,
                                                    .on_expired = on_expired };

bool pool_has(const struct upstream *upstream)
{
    return upstream->ops == &pool_ops;
}

/* Are there too few? Then one more is on its way. */
static bool begin_opening(struct server *server, uint64_t wanted)
{
    uint32_t before = atomic_fetch_add_explicit(&server->opening_ahead, 1, memory_order_acquire);
    if (before + server_sum(server).connections_idle < wanted && permits_try(&server->permits))
        return true;
    (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
    return false;
}

bool pool_open_ahead(struct worker *worker, struct server *server, const struct upstream_wish *wish,
                     const struct upstream_key *key, uint64_t wanted)
{
    struct error err = { 0 };
    struct upstream_wish with_permit = *wish;
    if (!begin_opening(server, wanted))
        return false;
    with_permit.take_permit = true;
    struct upstream *upstream = upstream_open(&worker->env, server, &with_permit, &pool_ops, worker, &err);
    if (upstream == NULL) {
        (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
        warm_ended(worker, server, key, &err);
        return false;
    }
    upstream->key = *key;
    upstream->cleaning = CLEANING_LOGIN;
    upstream->is_ahead = true;
    return true;
}

/* ---- taking ---- */

/* Has its end come just now? A statement sent to it would be lost. */
static bool is_alive(struct upstream *upstream)
{
    if (!has_spoken(upstream))
        return true;
    lose(upstream, "the server ended it, or spoke out of turn");
    return false;
}

static struct list_node *last(const struct list *list)
{
    return list->count > 0 ? list->head.prev : NULL;
}

/* The one parked last that is fit for that, and alive; NULL: none is. */
static struct upstream *find(const struct permits_holders *holders, const struct upstream_key *wish)
{
    const struct list *parked = &holders->parked;
    struct list_node *before, *node = last(parked);
    for (; node != NULL; node = before) {
        struct upstream *upstream = list_entry(node, struct upstream, in_pool);
        before = node->prev != &parked->head ? node->prev : NULL;
        if (key_fits(wish, &upstream->key) && is_alive(upstream))
            return upstream;
    }
    return NULL;
}

/* The one that suits best; of several the one parked last. */
static struct upstream *find_best(const struct session *session, int server,
                                  const struct fingerprint *fingerprint)
{
    struct server *wanted = session_view(session)->servers[server].server;
    struct list *parked = &wanted->permits.holders[session->worker->index].parked;
    struct upstream_key wish = pool_key(session, server);
    struct upstream *best = NULL;
    enum asleft_fit best_fit = ASLEFT_RENEW;
    struct list_node *node = last(parked);
    for (; node != NULL; node = node->prev != &parked->head ? node->prev : NULL) {
        struct upstream *upstream = list_entry(node, struct upstream, in_pool);
        if (!key_fits(&wish, &upstream->key))
            continue;
        enum asleft_fit fit = asleft_fit(session, upstream, fingerprint);
        if (best == NULL || fit > best_fit) {
            best = upstream;
            best_fit = fit;
        }
        if (best_fit == ASLEFT_EQUAL)
            break;
    }
    return best;
}

struct upstream *pool_take(const struct session *session, int server)
{
    struct fingerprint fingerprint = { 0 };
    struct upstream *upstream = NULL;
    if (fingerprint_take(&fingerprint, &session->vars))
        do
            upstream = find_best(session, server, &fingerprint);
        while (upstream != NULL && !is_alive(upstream));
    fingerprint_fini(&fingerprint);
    if (upstream == NULL)
        return NULL;
    counter_add(&counters_of(upstream)->pool_taken, 1);
    leave(upstream);
    return upstream;
}

/* ---- to other threads ---- */

struct upstream *pool_send(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct upstream *upstream = permits_is_wanted(holders->permits) ? NULL : find(holders, wish);
    if (upstream == NULL)
        return NULL;
    leave(upstream);
    let_go(upstream);
    return upstream;
}

/* True: its session has it now. */
static bool offer(struct session *session, struct upstream *upstream)
{
    session->offer = upstream;
    share_offered(session);
    bool is_taken = session->offer == NULL;
    session->offer = NULL;
    return is_taken;
}

static bool is_of_use(struct worker *worker, struct upstream *upstream, bool is_awaited)
{
    const struct view *view = worker_view(worker, upstream->key.cluster);
    return !worker->is_draining && is_usable(view, upstream->server->index, &upstream->key) &&
           (is_awaited || !is_full(worker, upstream));
}

void pool_arrive(struct worker *worker, struct upstream *take_upstream, struct session *session)
{
    struct upstream *upstream = take_upstream;
    bool is_from_elsewhere = upstream->env != &worker->env;
    upstream_adopt(upstream, &worker->env, &pool_ops, worker);
    struct permits_holders *holders = holders_of(upstream);
    counter_add(&counters_of(upstream)->pool_handed_over, is_from_elsewhere);
    bool is_here = is_of_use(worker, upstream, session != NULL);
    if (!is_here)
        retire(upstream);
    else if (!is_alive(upstream))
        is_here = false;
    bool is_taken = session != NULL && offer(session, is_here ? upstream : NULL);
    if (is_here && !is_taken && upstream->is_unclean)
        begin_reset(upstream);
    else if (is_here && !is_taken)
        shelve(upstream);
    pool_give_way(holders);
}

bool pool_claim(struct upstream *upstream, const struct upstream_key *wish, bool *must_change_r)
{
    if (!key_may_become(&upstream->key, wish))
        return false;
    *must_change_r = upstream->is_unclean || !key_fits(wish, &upstream->key);
    if (!*must_change_r)
        counter_add(&counters_of(upstream)->pool_taken, 1);
    return true;
}

/* ---- for others ---- */

static bool is_fit_for(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return !upstream->is_unclean && key_fits(wish, &upstream->key);
}

/* By COM_CHANGE_USER, where the server has it, and does no more at a login than that. */
static bool may_change(const struct upstream *upstream, const struct upstream_key *wish)
{
    bool has_init = atomic_load_explicit(&upstream->server->has_init_connect, memory_order_relaxed);
    return key_may_become(&upstream->key, wish) && !has_init && !holders_of(upstream)->has_no_change;
}

static bool may_become(const void *wish, const void *connection)
{
    const struct upstream *upstream = connection;
    return key_may_become(&upstream->key, wish);
}

bool pool_suits_waiter(const struct upstream *upstream)
{
    struct upstream_key wish;
    const struct permits_holders *holders = holders_of(upstream);
    return holders != NULL && !permits_are_too_many(holders->permits) &&
           permits_peek(holders->permits, &wish, sizeof wish) &&
           (key_fits(&wish, &upstream->key) || may_change(upstream, &wish));
}

/* To the first who waits, whichever worker's that is, if it is fit for that one. */
static bool pass(struct upstream *upstream, permits_fit *is_fit)
{
    struct worker *worker = upstream->owner;
    leave(upstream);
    let_go(upstream);
    if (permits_pass(upstream->permit.permits, is_fit, upstream))
        return true;
    upstream_adopt(upstream, &worker->env, &pool_ops, worker);
    return false;
}

/* One that is not what the first who waits wishes: that one logs in on it as somebody else, or, if that
 * cannot be, has its permit. */
static void sacrifice(struct permits_holders *holders, const struct upstream_key *wish)
{
    struct list_node *node = list_first(&holders->parked);
    if (node == NULL)
        return;
    struct upstream *upstream = list_entry(node, struct upstream, in_pool);
    if (permits_are_too_many(holders->permits) || !may_change(upstream, wish)) {
        counter_add(&counters_of(upstream)->pool_gave_way, 1);
        drop(upstream);
    } else if (is_alive(upstream) && !pass(upstream, may_become)) {
        shelve(upstream); /* there is another first one by now */
    }
}

void pool_give_way(struct permits_holders *holders)
{
    struct upstream_key wish;
    while (holders->parked.count > 0 && permits_peek(holders->permits, &wish, sizeof wish)) {
        bool has_permit = !permits_are_too_many(holders->permits);
        struct upstream *upstream = has_permit ? find(holders, &wish) : NULL;
        if (upstream == NULL)
            sacrifice(holders, &wish);
        else if (!pass(upstream, is_fit_for))
            shelve(upstream);
    }
}

/* Whoever waits makes it new by COM_CHANGE_USER, without a reset before it. */
static bool is_wanted_unclean(const struct upstream *upstream)
{
    struct upstream_key wish;
    return permits_peek(upstream->permit.permits, &wish, sizeof wish) && !key_fits(&wish, &upstream->key) &&
           may_change(upstream, &wish);
}

void pool_park(struct worker *worker, struct upstream *take_upstream, bool is_promised)
{
    struct upstream *upstream = take_upstream;
    upstream->key.has_schema |= upstream->schema.len > 0;
    upstream_hand_over(upstream, &pool_ops, worker);
    upstream->is_second_hand = true;
    if (upstream->legacy.is_there) {
        if (upstream->legacy.insert_id != 0 && !is_promised)
            begin_id(upstream);
        else
            park_as_left(upstream);
        return;
    }
    text_fini(&upstream->schema);
    upstream->is_unclean = true;
    if (is_promised && is_wanted_unclean(upstream) && (!is_alive(upstream) || pass(upstream, may_become)))
        return;
    upstream->is_promised = is_promised;
    if (is_promised)
        permits_promise(upstream->permit.permits, 1);
    begin_reset(upstream);
}

/* Those that are being cleaned, too; how many it were. `view`: only if nothing goes to that server in it. */
static unsigned drop_unless(struct permits_holders *holders, const struct view *view, size_t server)
{
    unsigned count = 0;
    struct list_node *next, *node = list_first(&holders->list);
    for (; node != NULL; node = next) {
        struct upstream *upstream = list_entry(node, struct upstream, permit.in_list);
        next = list_after(&holders->list, node);
        if (!pool_has(upstream) || (view != NULL && is_usable(view, server, &upstream->key)))
            continue;
        retire(upstream);
        count++;
    }
    return count;
}

unsigned pool_unpark(struct permits_holders *holders)
{
    return drop_unless(holders, NULL, 0);
}

/* ---- views, reloads, and the end ---- */

/* More than there may be by now: the oldest go. */
static void trim(struct permits_holders *holders, const struct server *server, uint64_t max)
{
    struct list_node *node;
    while ((node = list_first(&holders->parked)) != NULL && server_sum(server).connections_idle > max)
        retire(list_entry(node, struct upstream, in_pool));
}

void pool_on_world(struct worker *worker)
{
    for (unsigned cluster = 0; cluster < worker->world->cluster_count; cluster++) {
        const struct cluster_settings *settings = settings_of(worker, cluster);
        const struct view *view = worker_view(worker, cluster);
        bool has_max = settings != NULL && settings->pool_idle_max != POOL_IDLE_AUTO;
        for (size_t i = 0; has_max && view != NULL && i < view->count; i++) {
            struct server *server = view->servers[i].server;
            trim(&server->permits.holders[worker->index], server, (uint64_t)settings->pool_idle_max);
        }
    }
}

void pool_on_view(struct worker *worker, unsigned cluster)
{
    const struct view *view = worker_view(worker, cluster);
    for (size_t i = 0; i < view->count; i++) {
        struct permits_holders *holders = &view->servers[i].server->permits.holders[worker->index];
        holders->has_no_reset &= view->servers[i].state != SERVER_DOWN; /* it may come back as a newer one */
        holders->has_no_change &= view->servers[i].state != SERVER_DOWN;
        (void)drop_unless(holders, view, i);
    }
}

void pool_close(struct worker *worker)
{
    for (unsigned cluster = 0; cluster < worker->world->cluster_count; cluster++) {
        const struct view *view = worker_view(worker, cluster);
        for (size_t i = 0; view != NULL && i < view->count; i++)
            (void)pool_unpark(&view->servers[i].server->permits.holders[worker->index]);
    }
}
