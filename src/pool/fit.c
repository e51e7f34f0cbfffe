#include "pool/fit.h"

#include "net/descriptors.h"
#include "pool/key.h"
#include "pool/lifetime.h"
#include "state/facet_table.h"
#include "state/pooled.h"

/* A reset on MariaDB restores the character sets of the handshake if the server knows the collation. After a
 * handshake with an unknown collation (255 on 10.11) the reset leaves character sets of an earlier
 * connection. The collations in the table are known since 10.6. */
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

bool fit_is_usable(const struct view *view, size_t server, const struct upstream *upstream)
{
    const struct view_server *entry = &view->servers[server];
    const struct upstream_key *key = &upstream->key;
    bool is_out =
        entry->state == SERVER_DOWN || entry->state == SERVER_DISABLED || entry->state == SERVER_DRAINING;
    bool has_work = entry->takes_reads || view->primary == (int)server || view->primary == VIEW_NO_SERVER;
    return !is_out && has_work && entry->moves == key->moves && key_hop(entry) == key->hop &&
           !upstream_is_before(upstream, entry->lost_us);
}

bool fit_is_full(const struct pool *pool, const struct upstream *upstream)
{
    const struct cluster_settings *settings = pool_settings(pool, upstream->key.cluster);
    if (!descriptors_may_use(upstream->stream.fd, DESCRIPTORS_PARKED))
        return true;
    return settings == NULL ||
           (settings->pool_idle_max != POOL_IDLE_AUTO &&
            server_sum(upstream->server).connections_idle >= (uint64_t)settings->pool_idle_max);
}

/* Does a reset make the connection equal to a new one, whatever it was used for? */
static bool is_clean_after_reset(const struct pool *pool, const struct upstream *upstream)
{
    const struct permits *permits = upstream->permit.permits;
    bool has_init = atomic_load_explicit(&upstream->server->has_init_connect, memory_order_relaxed);
    return permits != NULL && !pool_holders(pool, permits)->has_no_reset && !has_init &&
           !upstream->is_soiled && !pooled_look(upstream)->is_id_told &&
           (upstream->family == FAMILY_MYSQL || is_restored_by_mariadb(upstream->key.collation));
}

static bool is_quiet(const struct upstream *upstream)
{
    const struct buf *in = &upstream->stream.in;
    return upstream->state == UPSTREAM_READY && upstream->has_been_ready &&
           !stream_has_output(&upstream->stream) && !upstream->stream.is_eof && upstream->stream.error == 0 &&
           buf_unsent(in).len == 0 && buf_unparsed(in).len == 0;
}

bool fit_may_park(const struct pool *pool, const struct slot *slot, const struct facets *facets)
{
    const struct upstream *upstream = slot->upstream;
    if (upstream == NULL || slot->has_failed || upstream->key.account == 0 || pool->is_ending)
        return false;
    const struct view *view = pool->clusters[upstream->key.cluster].view;
    return is_quiet(upstream) && is_clean_after_reset(pool, upstream) &&
           facets_left(facets, slot) != LEFT_LASTING && !lifetime_is_over(pool, upstream) &&
           !fit_is_full(pool, upstream) && fit_is_usable(view, (size_t)slot->server, upstream);
}

enum fit fit_state(const struct pool *pool, const struct upstream *upstream, const struct facets *facets,
                   const struct fingerprint *wish)
{
    const struct left_state *legacy = &pooled_look(upstream)->left;
    struct fingerprint left = { .said = legacy->said, .hash = legacy->hash };
    if (!legacy->is_there)
        return FIT_NEW;
    if (facets->was_reset || lifetime_trust_us(pool, upstream) == 0)
        return FIT_RENEW;
    if (!fingerprint_equal(wish, &left))
        return fingerprint_covers(wish, &left) ? FIT_SAID : FIT_RENEW;
    bool is_same_schema = span_equal(text_span(&facets->schema), text_span(&upstream->schema));
    return is_same_schema ? FIT_EQUAL : FIT_SCHEMA;
}
