#include "pool/prewarm.h"

#include "base/mem.h"
#include "cluster/cluster.h"
#include "mysql/reply.h"
#include "pool/fit.h"
#include "pool/key.h"
#include "pool/open_ahead.h"

#include <stddef.h>

#define RECIPES 8         /* ways to log in that are remembered of a cluster */
#define USES_MAX 256      /* then all are halved: what was used long ago counts for little */
#define AT_ONCE 2         /* opened of one server by one worker … */
#define SOON_US 20000     /* … and the next ones after so long, or up to twice as long */
#define SELDOM_US 1000000 /* the same, to see whether other workers' have gone */
#define AGAIN_US 1000000  /* the same after a failure, each time twice as long, … */
#define AGAIN_TIMES_MAX 6 /* … so often */

/* A way to log in. */
struct recipe {
    const struct user *user; /* borrows; NULL: none */
    struct auth_secret seen; /* what a login has proved, where the configuration has a hash only */
    struct text attributes;  /* owns */
    uint64_t caps;
    uint16_t collation;
    uint64_t uses;
};

struct warm_server {
    uint64_t not_before_us;
    unsigned failures; /* in a row */
};

struct warm_cluster {
    struct recipe recipes[RECIPES];
    struct warm_server *servers; /* owns; by index */
    uint64_t uses;               /* of all recipes */
};

struct warm {
    struct worker *worker; /* borrows */
    struct loop_timer timer;
    bool is_soon; /* the timer's next firing */
    bool is_stopped;
    struct warm_cluster clusters[]; /* of the world */
};

/* ---- life ---- */

static void on_timer(struct loop_timer *timer);

struct warm *prewarm_new(struct worker *worker)
{
    const struct world *world = worker->world;
    struct warm *warm = mem_zalloc(sizeof *warm + world->cluster_count * sizeof warm->clusters[0]);
    if (warm == NULL)
        return NULL;
    warm->worker = worker;
    loop_timer_init(&warm->timer, on_timer);
    for (unsigned i = 0; world->clusters != NULL && i < world->cluster_count; i++) {
        struct warm_cluster *cluster = &warm->clusters[i];
        size_t capacity = world->clusters[i].server_count + CLUSTER_SPARE;
        cluster->servers = mem_zalloc(capacity * sizeof *cluster->servers);
        if (cluster->servers == NULL) {
            prewarm_free(&warm);
            return NULL;
        }
    }
    return warm;
}

static void forget(struct recipe *recipe)
{
    auth_secret_wipe(&recipe->seen);
    text_fini(&recipe->attributes);
    recipe->user = NULL;
    recipe->uses = 0;
}

void prewarm_free(struct warm **warm_r)
{
    struct warm *warm = *warm_r;
    *warm_r = NULL;
    if (warm == NULL)
        return;
    for (unsigned i = 0; i < warm->worker->world->cluster_count; i++) {
        for (int j = 0; j < RECIPES; j++)
            forget(&warm->clusters[i].recipes[j]);
        mem_free(warm->clusters[i].servers);
    }
    mem_free(warm);
}

void prewarm_stop(struct warm *warm)
{
    warm->is_stopped = true;
    loop_timer_stop(&warm->timer);
}

/* ---- recipes ---- */

/* How many are wanted of each server, where they are not closed again at once. */
static uint64_t wanted(const struct worker *worker, unsigned cluster)
{
    const struct cluster_settings *clusters = worker->world->clusters;
    return clusters != NULL ? (uint64_t)clusters[cluster].pool_idle_min : 0;
}

static bool is_usable(const struct auth_secret *secret)
{
    return secret->has_password || secret->has_stage1;
}

static bool is_of(const struct recipe *recipe, const struct session *session)
{
    return recipe->user != NULL && recipe->user->account == session->user->account &&
           recipe->caps == session->upstream_caps && recipe->collation == session->collation;
}

/* Its own, or the place of the one that was used least. */
static struct recipe *find(struct warm_cluster *cluster, const struct session *session)
{
    struct recipe *least = &cluster->recipes[0];
    for (int i = 0; i < RECIPES; i++) {
        struct recipe *recipe = &cluster->recipes[i];
        if (is_of(recipe, session))
            return recipe;
        if (recipe->uses < least->uses)
            least = recipe;
    }
    return least;
}

/* So that it is what happened lately that counts. */
static void age(struct warm_cluster *cluster)
{
    cluster->uses = 0;
    for (int i = 0; i < RECIPES; i++) {
        struct recipe *recipe = &cluster->recipes[i];
        recipe->uses /= 2;
        cluster->uses += recipe->uses;
        if (recipe->uses == 0)
            forget(recipe);
    }
}

static void learn(struct recipe *recipe, const struct session *session)
{
    forget(recipe);
    recipe->user = session->user;
    recipe->caps = session->upstream_caps;
    recipe->collation = session->collation;
    (void)text_append_span(&recipe->attributes, text_span(&session->attributes));
}

/* With another password it is another account: its next session says how it logs in. */
void prewarm_adopt(struct worker *worker)
{
    for (unsigned i = 0; i < worker->world->cluster_count; i++)
        for (int j = 0; j < RECIPES; j++) {
            struct recipe *recipe = &worker->warm->clusters[i].recipes[j];
            const struct user *user =
                recipe->user != NULL ? users_find(worker->world->users, recipe->user->name) : NULL;
            if (user != NULL && user->account == recipe->user->account)
                recipe->user = user;
            else
                forget(recipe);
        }
    prewarm_look(worker);
}

void prewarm_note(const struct session *session)
{
    unsigned index = session->door->cluster;
    struct warm_cluster *cluster = &session->worker->warm->clusters[index];
    if (wanted(session->worker, index) == 0)
        return;
    struct recipe *recipe = find(cluster, session);
    if (!is_of(recipe, session))
        learn(recipe, session);
    if (!session->user->secret.has_password && session->seen != NULL)
        recipe->seen = *session->seen;
    recipe->uses++;
    if (++cluster->uses >= USES_MAX)
        age(cluster);
    prewarm_look(session->worker);
}

static struct upstream_key key_of(const struct recipe *recipe, unsigned cluster,
                                  const struct view_server *entry)
{
    return (struct upstream_key){ .account = recipe->user->account,
                                  .caps = recipe->caps,
                                  .moves = entry->moves,
                                  .cluster = cluster,
                                  .collation = handshake_collation(recipe->collation),
                                  .hop = pool_hop(entry) };
}

/* How many are parked that would do for it, at all workers. */
static uint64_t parked(const struct server *server, const struct upstream_key *key)
{
    uint64_t count = 0;
    unsigned kind = key_kind(key);
    for (unsigned i = 0; i < server->worker_count; i++)
        count += counter_read(&server->permits.holders[i].kinds[kind]);
    return count;
}

/* The one with the most uses for each that is parked, or `given` in this round; NULL: there is none. */
static struct recipe *choose(struct warm_cluster *cluster, unsigned index, const struct view_server *entry,
                             const unsigned given[RECIPES])
{
    struct recipe *best = NULL;
    uint64_t best_uses = 0, best_parked = 1;
    for (int i = 0; i < RECIPES; i++) {
        struct recipe *recipe = &cluster->recipes[i];
        if (recipe->user == NULL ||
            !is_usable(recipe->user->secret.has_password ? &recipe->user->secret : &recipe->seen))
            continue;
        struct upstream_key key = key_of(recipe, index, entry);
        uint64_t count = parked(entry->server, &key) + given[i] + 1;
        if (best != NULL && recipe->uses * best_parked <= best_uses * count)
            continue;
        best = recipe;
        best_uses = recipe->uses;
        best_parked = count;
    }
    return best;
}

/* ---- opening ---- */

/* What init_connect did at a login would be as old as the connection. */
static bool is_in_use(const struct view *view, size_t server)
{
    const struct view_server *entry = &view->servers[server];
    bool has_init = atomic_load_explicit(&entry->server->has_init_connect, memory_order_relaxed);
    return entry->state == SERVER_UP && !has_init && (entry->takes_reads || view->primary == (int)server);
}

static uint64_t jittered(const struct warm *warm, uint64_t us)
{
    uint64_t x = (warm->worker->loop.now_us + warm->worker->index) * UINT64_C(0x9E3779B97F4A7C15);
    return us + (x >> 32) % us; /* so long at least, and less than twice as long */
}

static bool open_one(struct worker *worker, unsigned index, const struct view_server *entry,
                     const struct recipe *recipe)
{
    const struct user *user = recipe->user;
    const struct upstream_wish wish = {
        .addr = &entry->addr,
        .user = user->name,
        .secret = user->secret.has_password ? &user->secret : &recipe->seen,
        .attributes = text_span(&recipe->attributes),
        .caps = recipe->caps,
        .collation = recipe->collation,
        .has_setup = true,
    };
    const struct upstream_key key = key_of(recipe, index, entry);
    return pool_open_ahead(worker, entry->server, &wish, &key, wanted(worker, index));
}

/* True: there are too few yet, and more may be opened. */
static bool warm_server(struct warm *warm, unsigned index, const struct view_server *entry)
{
    struct warm_cluster *cluster = &warm->clusters[index];
    const struct warm_server *own = &cluster->servers[entry->server->index];
    unsigned given[RECIPES] = { 0 };
    if (warm->worker->loop.now_us < own->not_before_us)
        return false;
    for (int i = 0; i < AT_ONCE; i++) {
        const struct recipe *recipe = choose(cluster, index, entry, given);
        if (recipe == NULL || !open_one(warm->worker, index, entry, recipe))
            return false;
        given[recipe - cluster->recipes]++;
    }
    return true;
}

static bool warm_cluster(struct warm *warm, unsigned index)
{
    const struct view *view = worker_view(warm->worker, index);
    bool has_more = false;
    if (view == NULL || view->is_paused || wanted(warm->worker, index) == 0)
        return false;
    for (size_t i = 0; i < view->count; i++)
        if (is_in_use(view, i))
            has_more |= warm_server(warm, index, &view->servers[i]);
    return has_more;
}

static void start(struct warm *warm, bool is_soon)
{
    warm->is_soon = is_soon;
    loop_timer_start(&warm->timer, &warm->worker->loop, jittered(warm, is_soon ? SOON_US : SELDOM_US));
}

static void on_timer(struct loop_timer *timer)
{
    struct warm *warm = (struct warm *)(void *)((char *)timer - offsetof(struct warm, timer));
    bool has_more = false;
    warm->is_soon = false;
    for (unsigned i = 0; i < warm->worker->world->cluster_count; i++)
        has_more |= warm_cluster(warm, i);
    start(warm, has_more);
}

static bool is_on(const struct worker *worker)
{
    for (unsigned i = 0; i < worker->world->cluster_count; i++)
        if (wanted(worker, i) > 0)
            return true;
    return false;
}

void prewarm_look(struct worker *worker)
{
    struct warm *warm = worker->warm;
    if (!warm->is_stopped && !warm->is_soon && is_on(worker))
        start(warm, true);
}

/* ---- failures ---- */

/* The server has no room just now; it would take the account another time. */
static bool is_overload(int code)
{
    return code == ERR_CON_COUNT || code == ERR_TOO_MANY_USER_CONNECTIONS || code == ERR_USER_LIMIT_REACHED;
}

void prewarm_ended(struct worker *worker, const struct server *server, const struct upstream_key *key,
                   const struct error *err)
{
    struct warm_cluster *cluster = &worker->warm->clusters[key->cluster];
    struct warm_server *own = &cluster->servers[server->index];
    if (err == NULL) {
        own->failures = 0;
        return;
    }
    bool is_refused = err->sqlstate[0] != '\0' && !is_overload(err->code);
    for (int i = 0; is_refused && i < RECIPES; i++) /* until its next session is let in */
        if (cluster->recipes[i].user != NULL && cluster->recipes[i].user->account == key->account)
            forget(&cluster->recipes[i]);
    own->not_before_us = worker->loop.now_us + (jittered(worker->warm, AGAIN_US) << own->failures);
    own->failures += own->failures < AGAIN_TIMES_MAX;
}
