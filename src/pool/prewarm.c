#include "pool/prewarm.h"

#include "base/log.h"
#include "access/directory.h"
#include "base/mem.h"
#include "cluster/cluster.h"
#include "upstream/quota.h"
#include "mysql/reply.h"
#include "pool/fit.h"
#include "pool/login_age.h"
#include "pool/parked.h"
#include "pool/reset.h"
#include "state/pooled.h"

#define RECIPES 8    /* recipes that are remembered for a cluster */
#define USES_MAX 256 /* at this sum of uses all counts are halved, so that recent uses count for more */
#define AT_ONCE 2    /* connections that a worker opens at once to one server */
/* Pauses are from one to two times the value. */
#define SOON_US 20000     /* before more connections are opened */
#define SELDOM_US 1000000 /* between checks whether other workers have fewer parked connections */
#define AGAIN_US 1000000  /* after a failure; doubled with each further failure */
#define AGAIN_TIMES_MAX 6 /* doublings at most */

struct remembered {
    const struct user *user;  /* borrows; NULL: nothing is remembered here */
    struct auth_secret proof; /* secret from a client's login, if the configuration has only a hash */
    struct text attributes;   /* owns */
    uint64_t caps;
    uint16_t collation;
    uint64_t uses;
};

struct warm_server {
    uint64_t not_before_us;
    unsigned failures; /* in a row */
};

struct warm_cluster {
    struct remembered recipes[RECIPES];
    struct warm_server *servers; /* owns; by index */
    uint64_t uses;               /* of all recipes */
};

struct warm {
    struct pool *pool; /* borrows */
    struct loop_timer timer;
    bool is_soon; /* the timer was started with SOON_US */
    bool is_stopped;
    struct warm_cluster clusters[]; /* of the pool */
};

/* ---- life ---- */

static void on_timer(struct loop_timer *timer);

bool prewarm_init(struct pool *pool)
{
    struct warm *warm = mem_zalloc(sizeof *warm + pool->cluster_count * sizeof warm->clusters[0]);
    pool->warm = warm;
    if (warm == NULL)
        return false;
    warm->pool = pool;
    loop_timer_init(&warm->timer, on_timer);
    for (unsigned i = 0; pool->rules.clusters != NULL && i < pool->cluster_count; i++) {
        struct warm_cluster *cluster = &warm->clusters[i];
        size_t capacity = pool->rules.clusters[i].server_count + CLUSTER_SPARE;
        cluster->servers = mem_zalloc(capacity * sizeof *cluster->servers);
        if (cluster->servers == NULL)
            return false;
    }
    return true;
}

static void forget(struct remembered *recipe)
{
    auth_secret_wipe(&recipe->proof);
    text_fini(&recipe->attributes);
    directory_leave(recipe->user);
    recipe->user = NULL;
    recipe->uses = 0;
}

void prewarm_fini(struct pool *pool)
{
    struct warm *warm = pool->warm;
    pool->warm = NULL;
    if (warm == NULL)
        return;
    for (unsigned i = 0; i < pool->cluster_count; i++) {
        for (int j = 0; j < RECIPES; j++)
            forget(&warm->clusters[i].recipes[j]);
        mem_free(warm->clusters[i].servers);
    }
    mem_free(warm);
}

void prewarm_stop(struct pool *pool)
{
    pool->warm->is_stopped = true;
    loop_timer_stop(&pool->warm->timer);
}

/* ---- recipes ---- */

/* How many parked connections each server should have. */
static uint64_t wanted(const struct pool *pool, unsigned cluster)
{
    const struct cluster_settings *settings = pool_settings(pool, cluster);
    return settings != NULL ? (uint64_t)settings->pool_idle_min : 0;
}

static bool is_same(const struct remembered *recipe, const struct login_recipe *login)
{
    return recipe->user != NULL && recipe->user->account == login->user->account &&
           recipe->caps == login->caps && recipe->collation == login->collation;
}

/* The item with this recipe; otherwise the item with the fewest uses, which is to be replaced. */
static struct remembered *find(struct warm_cluster *cluster, const struct login_recipe *login)
{
    struct remembered *least = &cluster->recipes[0];
    for (int i = 0; i < RECIPES; i++) {
        struct remembered *recipe = &cluster->recipes[i];
        if (is_same(recipe, login))
            return recipe;
        if (recipe->uses < least->uses)
            least = recipe;
    }
    return least;
}

/* Recent uses count for more than former ones. */
static void age(struct warm_cluster *cluster)
{
    cluster->uses = 0;
    for (int i = 0; i < RECIPES; i++) {
        struct remembered *recipe = &cluster->recipes[i];
        recipe->uses /= 2;
        cluster->uses += recipe->uses;
        if (recipe->uses == 0)
            forget(recipe);
    }
}

/* A user with another password is another account: its recipe is learnt again from its next session. */
void prewarm_on_rules(struct pool *pool)
{
    for (unsigned i = 0; i < pool->cluster_count; i++)
        for (int j = 0; j < RECIPES; j++) {
            struct remembered *recipe = &pool->warm->clusters[i].recipes[j];
            const struct user *user = recipe->user;
            if (user != NULL && user->in_directory == NULL)
                user = users_find(pool->rules.users, user->name);
            if (user != NULL && user->account == recipe->user->account && !user->is_removed)
                recipe->user = user;
            else
                forget(recipe);
        }
    prewarm_look(pool);
}

void prewarm_note(struct pool *pool, unsigned cluster_index, const struct login_recipe *login)
{
    struct warm_cluster *cluster = &pool->warm->clusters[cluster_index];
    if (wanted(pool, cluster_index) == 0)
        return;
    struct remembered *recipe = find(cluster, login);
    if (!is_same(recipe, login)) {
        forget(recipe);
        directory_hold(login->user);
        recipe->user = login->user;
        recipe->caps = login->caps;
        recipe->collation = login->collation;
        (void)text_append_span(&recipe->attributes, login->attributes);
    }
    if (!login->user->secret.has_password && login->proof != NULL)
        recipe->proof = *login->proof;
    recipe->uses++;
    if (++cluster->uses >= USES_MAX)
        age(cluster);
    prewarm_look(pool);
}

static struct login_recipe login_of(const struct remembered *recipe)
{
    return (struct login_recipe){ .user = recipe->user,
                                  .proof = &recipe->proof,
                                  .attributes = text_span(&recipe->attributes),
                                  .caps = recipe->caps,
                                  .collation = recipe->collation };
}

/* How many connections of that kind are parked, at all workers. */
static uint64_t parked(const struct server *server, const struct upstream_key *key)
{
    uint64_t count = 0;
    unsigned kind = key_kind(key);
    for (unsigned i = 0; i < server->worker_count; i++)
        count += counter_read(&server->permits.holders[i].kinds[kind]);
    return count;
}

/* The recipe with the most uses per connection. Counts parked connections, and those `given` in this round.
 * NULL: there is no recipe. */
static struct remembered *choose(struct warm_cluster *cluster, unsigned index,
                                 const struct view_server *entry, const unsigned given[RECIPES])
{
    struct remembered *best = NULL;
    uint64_t best_uses = 0, best_parked = 1;
    for (int i = 0; i < RECIPES; i++) {
        struct remembered *recipe = &cluster->recipes[i];
        if (recipe->user == NULL || recipe->user->is_removed)
            continue;
        const struct auth_secret *secret =
            recipe->user->secret.has_password ? &recipe->user->secret : &recipe->proof;
        if (!secret->has_password && !secret->has_stage1)
            continue;
        const struct login_recipe login = login_of(recipe);
        struct upstream_key key = key_of(&login, index, entry, false);
        uint64_t count = parked(entry->server, &key) + given[i] + 1;
        if (best != NULL && recipe->uses * best_parked <= best_uses * count)
            continue;
        best = recipe;
        best_uses = recipe->uses;
        best_parked = count;
    }
    return best;
}

/* ---- how an opening ends ---- */

static uint64_t jittered(const struct pool *pool, uint64_t us)
{
    uint64_t x = (pool_now(pool) + pool->worker) * UINT64_C(0x9E3779B97F4A7C15);
    return us + (x >> 32) % us; /* from `us` to less than twice `us` */
}

/* The server has too many connections at present, and may accept the account later. */
static bool is_overload(int code)
{
    return code == ERR_CON_COUNT || code == ERR_TOO_MANY_USER_CONNECTIONS || code == ERR_USER_LIMIT_REACHED;
}

/* An opening has ended: the connection is parked, or has failed with `err`. */
static void note_end(struct pool *pool, const struct server *server, const struct upstream_key *key,
                     const struct error *err)
{
    struct warm_cluster *cluster = &pool->warm->clusters[key->cluster];
    struct warm_server *own = &cluster->servers[server->index];
    if (err == NULL) {
        own->failures = 0;
        return;
    }
    bool is_refused = err->sqlstate[0] != '\0' && !is_overload(err->code);
    for (int i = 0; is_refused && i < RECIPES; i++) /* until the server lets in a session of the account */
        if (cluster->recipes[i].user != NULL && cluster->recipes[i].user->account == key->account)
            forget(&cluster->recipes[i]);
    own->not_before_us = pool_now(pool) + (jittered(pool, AGAIN_US) << own->failures);
    own->failures += own->failures < AGAIN_TIMES_MAX;
}

void prewarm_end_opening(struct upstream *upstream)
{
    if (pooled_of(upstream)->is_ahead)
        (void)atomic_fetch_sub_explicit(&upstream->server->opening_ahead, 1, memory_order_release);
    pooled_of(upstream)->is_ahead = false;
}

void prewarm_fail(struct upstream *upstream, const struct error *err)
{
    log_limited(LOG_LEVEL_INFO, NULL, "no connection to %s could be opened ahead: %s", upstream->server->name,
                err->text);
    note_end(upstream->owner, upstream->server, &upstream->key, err);
    parked_close(upstream);
}

void prewarm_on_opened(struct upstream *upstream)
{
    const struct error full = { .text = "there is no room for it" };
    if (upstream->is_soiled || fit_is_full(upstream->owner, upstream)) {
        prewarm_fail(upstream, &full);
        return;
    }
    counter_add(&parked_counters(upstream)->pool_opened_ahead, 1);
    note_end(upstream->owner, upstream->server, &upstream->key, NULL);
    reset_done(upstream);
}

/* ---- opening ---- */

/* Takes a permit of the server, and one of the account if it has a limit there. False: there is none, or
 * sessions wait for one. */
static bool take_permits(struct server *server, struct quota *quota)
{
    if (quota != NULL && !permits_try(&quota->permits))
        return false;
    if (permits_try(&server->permits))
        return true;
    if (quota != NULL)
        permits_give(&quota->permits);
    return false;
}

/* True: fewer than `wanted` are parked or being opened at all workers, and now one more is being opened. */
static bool begin_opening(struct server *server, struct quota *quota, uint64_t wanted)
{
    uint32_t before = atomic_fetch_add_explicit(&server->opening_ahead, 1, memory_order_acquire);
    if (before + server_sum(server).connections_idle < wanted && take_permits(server, quota))
        return true;
    (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
    return false;
}

/* A replica may lack a recent change of accounts: then the login counts as old (proved_us = 0). */
static bool open_one(struct pool *pool, unsigned index, const struct view_server *entry,
                     const struct remembered *recipe)
{
    struct server *server = entry->server;
    struct error err = { 0 };
    const struct login_recipe login = login_of(recipe);
    const struct upstream_wish wish = key_wish(&login, entry);
    const struct upstream_key key = key_of(&login, index, entry, false);
    struct quota *quota = quota_find(server, key.account);
    if (!begin_opening(server, quota, wanted(pool, index)))
        return false;
    struct upstream *upstream = upstream_open(pool->env, server, &wish, &parked_ops, pool, &err);
    if (upstream == NULL) {
        if (quota != NULL)
            permits_give(&quota->permits);
        (void)atomic_fetch_sub_explicit(&server->opening_ahead, 1, memory_order_release);
        note_end(pool, server, &key, &err);
        return false;
    }
    upstream->key = key;
    pooled_of(upstream)->proved_us = login_age_is_recent(pool, index) ? 0 : pool_now(pool);
    if (quota != NULL)
        quota_hold(quota, upstream);
    pooled_of(upstream)->task = RESET_LOGIN;
    pooled_of(upstream)->is_ahead = true;
    return true;
}

/* Are connections opened ahead to this server? Not if it has init_connect: its effects would be as old as the
 * connection. Not if it is told the client's address: no client is known yet. */
static bool is_in_use(const struct view *view, size_t server)
{
    const struct view_server *entry = &view->servers[server];
    bool has_init = atomic_load_explicit(&entry->server->has_init_connect, memory_order_relaxed);
    bool is_told = atomic_load_explicit(&entry->server->proxy_protocol, memory_order_relaxed) != PROXY_OFF;
    return entry->state == SERVER_UP && !has_init && !is_told &&
           (entry->takes_reads || view->primary == (int)server);
}

/* Opens connections to the server. True: there are still too few, and more may be opened. */
static bool warm_server(struct warm *warm, unsigned index, const struct view_server *entry)
{
    struct warm_cluster *cluster = &warm->clusters[index];
    const struct warm_server *own = &cluster->servers[entry->server->index];
    unsigned given[RECIPES] = { 0 };
    if (pool_now(warm->pool) < own->not_before_us)
        return false;
    for (int i = 0; i < AT_ONCE; i++) {
        const struct remembered *recipe = choose(cluster, index, entry, given);
        if (recipe == NULL || !open_one(warm->pool, index, entry, recipe))
            return false;
        given[recipe - cluster->recipes]++;
    }
    return true;
}

static bool warm_cluster(struct warm *warm, unsigned index)
{
    const struct view *view = warm->pool->clusters[index].view;
    bool has_more = false;
    if (view == NULL || view->is_paused || wanted(warm->pool, index) == 0)
        return false;
    for (size_t i = 0; i < view->count; i++)
        if (is_in_use(view, i))
            has_more |= warm_server(warm, index, &view->servers[i]);
    return has_more;
}

static void start(struct warm *warm, bool is_soon)
{
    warm->is_soon = is_soon;
    loop_timer_start(&warm->timer, warm->pool->loop, jittered(warm->pool, is_soon ? SOON_US : SELDOM_US));
}

static void on_timer(struct loop_timer *timer)
{
    struct warm *warm = container_of(timer, struct warm, timer);
    bool has_more = false;
    warm->is_soon = false;
    for (unsigned i = 0; i < warm->pool->cluster_count; i++)
        has_more |= warm_cluster(warm, i);
    start(warm, has_more);
}

static bool is_on(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->cluster_count; i++)
        if (wanted(pool, i) > 0)
            return true;
    return false;
}

void prewarm_look(struct pool *pool)
{
    struct warm *warm = pool->warm;
    if (!warm->is_stopped && !warm->is_soon && is_on(pool))
        start(warm, true);
}
