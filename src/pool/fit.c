#include "pool/fit.h"

#include "net/descriptors.h"
#include "pool/lifetime.h"
#include "pool/pool_inside.h"

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

uint8_t pool_hop(const struct view_server *entry)
{
    const struct server *server = entry->server;
    int tls = atomic_load_explicit(&server->tls, memory_order_relaxed);
    int compression = atomic_load_explicit(&server->compression, memory_order_relaxed);
    return (uint8_t)(tls | compression << 4);
}

struct upstream_key pool_key(const struct session *session, int server)
{
    const struct view_server *entry = &session_view(session)->servers[server];
    return (struct upstream_key){
        .account = session->user->account, /* who is let in as it has proved the one password that it has */
        .caps = session->upstream_caps,
        .moves = entry->moves,
        .cluster = session->door->cluster,
        .collation = handshake_collation(session->collation),
        .hop = pool_hop(entry),
        .has_schema = session->facets.schema.len > 0 && !session->job.has_no_schema,
    };
}

bool pool_is_usable(const struct view *view, size_t server, const struct upstream *upstream)
{
    const struct view_server *entry = &view->servers[server];
    const struct upstream_key *key = &upstream->key;
    bool is_out =
        entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED || entry->state == SERVER_DRAINING;
    bool has_work = entry->takes_reads || view->primary == (int)server || view->primary == VIEW_NO_SERVER;
    return !is_out && has_work && entry->moves == key->moves && pool_hop(entry) == key->hop &&
           !upstream_is_before(upstream, entry->lost_us);
}

const struct cluster_settings *pool_settings_of(const struct worker *worker, unsigned cluster)
{
    return worker->world->clusters != NULL ? &worker->world->clusters[cluster] : NULL;
}

/* These a reset gives back, as the tests show on each family: the rest goes with the connection. */
static bool has_lasting_pins(const struct session *session)
{
    static const uint32_t undone = 1u << PIN_TEMPORARY_TABLE | 1u << PIN_TABLE_LOCK | 1u << PIN_USER_LOCK |
                                   1u << PIN_HANDLER | 1u << PIN_PREPARED | 1u << PIN_NEXT_TRANSACTION |
                                   1u << PIN_HELD_SET;
    return (session->facets.pins.causes & ~undone) != 0;
}

bool pool_is_full(const struct worker *worker, const struct upstream *upstream)
{
    const struct cluster_settings *settings = pool_settings_of(worker, upstream->key.cluster);
    if (!descriptors_may_use(upstream->stream.fd, DESCRIPTORS_PARKED))
        return true;
    return settings == NULL ||
           (settings->pool_idle_max != POOL_IDLE_AUTO &&
            server_sum(upstream->server).connections_idle >= (uint64_t)settings->pool_idle_max);
}

/* Whatever it was used for, a reset makes it new. */
static bool is_clean_after_reset(const struct upstream *upstream)
{
    const struct permits_holders *holders = pool_holders(upstream);
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
    bool has_kept_role = session->facets.role.version != 0 || slot->role_version != 0;
    return is_quiet(upstream) && is_clean_after_reset(upstream) && !has_kept_role &&
           session->facets.option_version == 0 && !has_lasting_pins(session) &&
           !lifetime_is_over(worker, upstream) && !pool_is_full(worker, upstream) &&
           pool_is_usable(session_view(session), (size_t)slot->server, upstream);
}
