#include "cluster/balance.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#define COMPARED_MAX 3u           /* up to this number all servers are compared; of more servers two */
#define EXPLORE_ONE_IN 32u        /* one choice in so many ignores latencies */
#define MOVE_ONE_IN 8u            /* one call of balance_should_move in so many may move the session */
#define LATENCY_FLOOR_US 2000u    /* lower latencies count as this: they differ by the network only */
#define ALIKE 2.0                 /* latencies up to so many times the best latency count as equal */
#define SLOW_START_BEGIN 0.1      /* part of its share that a server has at the begin of a slow start */
#define CALM 4.0                  /* up to this number, running commands are no reason to move */
#define CONNECTIONS_NO_MATTER 2.0 /* up to this number, more connections are no reason to move */
#define GOLDEN 2654435769u        /* 2^32 / 1.618…: its multiples fall evenly into every partition */

/* The present load of a server that takes reads. */
struct candidate {
    int index;
    double share;                /* share of the work, in units of the mean */
    double latency;              /* in units of the best latency: see ALIKE */
    double running, connections; /* per share */
};

/* All servers that take reads. */
struct field {
    const struct view *view;
    const struct balance_wish *wish;
    bool is_near_only; /* the cluster's zone has such servers: only these count */
    size_t count;
    double shares; /* the sum */
};

/* ---- servers that take reads ---- */

bool balance_is_reader(const struct view *view, int server)
{
    return view->servers[server].takes_reads ||
           (server == view->primary && view->primary_reads == PRIMARY_READS_SHARE);
}

static bool is_in(const struct field *field, int server)
{
    return balance_is_reader(field->view, server) && server != field->wish->avoid &&
           (!field->is_near_only || field->view->servers[server].is_near);
}

static double share_of(const struct view_server *entry, uint64_t now_us)
{
    double weight = (double)entry->server->weight;
    if (now_us >= entry->slow_until_us || now_us < entry->slow_from_us)
        return weight;
    double done =
        (double)(now_us - entry->slow_from_us) / (double)(entry->slow_until_us - entry->slow_from_us);
    return weight * (SLOW_START_BEGIN + (1 - SLOW_START_BEGIN) * done);
}

static struct field survey_field(const struct view *view, const struct balance_wish *wish)
{
    struct field field = { .view = view, .wish = wish };
    for (int i = 0; i < (int)view->count; i++)
        field.is_near_only = field.is_near_only || (is_in(&field, i) && view->servers[i].is_near);
    for (int i = 0; i < (int)view->count; i++) {
        if (!is_in(&field, i))
            continue;
        field.count++;
        field.shares += share_of(&view->servers[i], wish->now_us);
    }
    return field;
}

/* Draws a server by share: the server at the part `part` (0 to 1) of the sum of shares. `but`: a server that
 * is left out, or VIEW_NO_SERVER. */
static int draw(const struct field *field, double part, int but)
{
    int last = VIEW_NO_SERVER;
    double sum = field->shares;
    if (but != VIEW_NO_SERVER)
        sum -= share_of(&field->view->servers[but], field->wish->now_us);
    double left = part * sum;
    for (int i = 0; i < (int)field->view->count; i++) {
        if (!is_in(field, i) || i == but)
            continue;
        last = i;
        left -= share_of(&field->view->servers[i], field->wish->now_us);
        if (left < 0)
            break;
    }
    return last;
}

static double part_of(uint32_t random)
{
    return (double)random / 4294967296.0;
}

/* Further random numbers, beside the two halves of wish->random. */
static uint32_t other_chance(const struct balance_wish *wish, uint32_t which)
{
    return (uint32_t)((wish->random ^ which) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

/* ---- load and latency ---- */

/* Mean over the workers that have measured this server; 0: no worker has. */
static double latency_of(const struct server *server)
{
    uint64_t sum = 0, known = 0;
    for (unsigned i = 0; i < server->worker_count; i++) {
        uint64_t latency_us = counter_read(&server->by_worker[i].latency_us);
        sum += latency_us;
        known += latency_us > 0;
    }
    if (known == 0)
        return 0;
    double mean = (double)sum / (double)known;
    return mean > LATENCY_FLOOR_US ? mean : LATENCY_FLOOR_US;
}

static struct candidate measure(const struct field *field, int index)
{
    const struct view_server *entry = &field->view->servers[index];
    struct server_totals sum = server_sum(entry->server);
    /* Every session is connected to the primary, whether it reads there or not. */
    uint64_t connections = index == field->view->primary ? sum.readers : sum.connections_active;
    double share = share_of(entry, field->wish->now_us) * (double)field->count / field->shares;
    return (struct candidate){ .index = index,
                               .share = share,
                               .latency = latency_of(entry->server),
                               .running = (double)sum.running / share,
                               .connections = (double)connections / share };
}

/* Latencies become multiples of the best latency; a server that was not measured counts as the best. */
static void relate_latencies(struct candidate *candidates, size_t count, bool has_none)
{
    double best = 0;
    for (size_t i = 0; i < count; i++)
        if (candidates[i].latency > 0 && (best == 0 || candidates[i].latency < best))
            best = candidates[i].latency;
    for (size_t i = 0; i < count; i++) {
        bool is_alike = has_none || candidates[i].latency <= ALIKE * best;
        candidates[i].latency = is_alike ? 1 : candidates[i].latency / best;
    }
}

/* Running commands are counted in whole shares: with a weight of two, one command counts as none. */
static double score(const struct candidate *candidate)
{
    return (1 + floor(candidate->running + 0.01)) * candidate->latency;
}

/* Negative: a is better; 0: they are the same. */
static int compare(const struct candidate *a, const struct candidate *b)
{
    double x = score(a), y = score(b);
    if (x > y * 1.001 || y > x * 1.001)
        return x < y ? -1 : 1;
    if (a->connections > b->connections * 1.001 || b->connections > a->connections * 1.001)
        return a->connections < b->connections ? -1 : 1;
    return 0;
}

/* ---- the choice ---- */

static size_t collect(const struct field *field, struct candidate *candidates)
{
    uint64_t random = field->wish->random;
    size_t count = 0;
    if (field->count > COMPARED_MAX) {
        int first = draw(field, part_of((uint32_t)random), VIEW_NO_SERVER);
        candidates[0] = measure(field, first);
        candidates[1] = measure(field, draw(field, part_of((uint32_t)(random >> 32)), first));
        return 2;
    }
    for (int i = 0; i < (int)field->view->count; i++)
        if (is_in(field, i))
            candidates[count++] = measure(field, i);
    return count;
}

/* Of the servers that compare equal to the best one, one at random by share. */
static int best_of(const struct candidate *candidates, size_t count, double part)
{
    size_t best = 0;
    double shares = 0;
    for (size_t i = 1; i < count; i++)
        if (compare(&candidates[i], &candidates[best]) < 0)
            best = i;
    for (size_t i = 0; i < count; i++)
        if (compare(&candidates[i], &candidates[best]) == 0)
            shares += candidates[i].share;
    double left = part * shares;
    for (size_t i = 0; i < count; i++) {
        if (compare(&candidates[i], &candidates[best]) != 0)
            continue;
        left -= candidates[i].share;
        if (left < 0)
            return candidates[i].index;
    }
    return candidates[best].index;
}

int balance_pick(const struct view *view, const struct balance_wish *wish)
{
    struct candidate candidates[COMPARED_MAX];
    struct field field = survey_field(view, wish);
    if (field.count == 0)
        return VIEW_NO_SERVER;
    if (view->balance == BALANCE_ROUND_ROBIN)
        return draw(&field, part_of(wish->turn * GOLDEN), VIEW_NO_SERVER);
    size_t count = collect(&field, candidates);
    assert(count > 0);
    relate_latencies(candidates, count, other_chance(wish, 1) % EXPLORE_ONE_IN == 0);
    return best_of(candidates, count, part_of(other_chance(wish, 2)));
}

/* ---- moving to another server ---- */

static double best_latency(const struct field *field)
{
    double best = 0;
    for (int i = 0; i < (int)field->view->count; i++) {
        double latency = is_in(field, i) ? latency_of(field->view->servers[i].server) : 0;
        if (latency > 0 && (best == 0 || latency < best))
            best = latency;
    }
    return best;
}

static double dissatisfaction(const struct candidate *candidate, double best_us)
{
    bool is_alike = candidate->latency <= ALIKE * best_us;
    return (CALM + candidate->running) * (is_alike ? 1 : candidate->latency / best_us);
}

static bool is_clearly_worse(const struct field *field, int current)
{
    struct candidate mine = measure(field, current);
    double best_us = field->view->balance == BALANCE_LEAST ? best_latency(field) : 0;
    double least = mine.connections, best = 0;
    if (best_us == 0) /* no server was measured, or latencies do not matter */
        mine.latency = 0;
    for (int i = 0; i < (int)field->view->count; i++) {
        if (!is_in(field, i))
            continue;
        struct candidate it = measure(field, i);
        it.latency = best_us == 0 ? 0 : it.latency;
        double its = dissatisfaction(&it, best_us);
        best = best == 0 || its < best ? its : best;
        least = it.connections < least ? it.connections : least;
    }
    return dissatisfaction(&mine, best_us) > 2 * best || mine.connections > 2 * least + CONNECTIONS_NO_MATTER;
}

bool balance_should_move(const struct view *view, int current, uint64_t random, uint64_t now_us)
{
    struct balance_wish wish = { .avoid = VIEW_NO_SERVER, .random = random, .now_us = now_us };
    struct field field = survey_field(view, &wish);
    if (field.count == 0)
        return false;
    if (!balance_is_reader(view, current))
        return true;
    if (random % MOVE_ONE_IN != 0)
        return false;
    return !is_in(&field, current) || is_clearly_worse(&field, current);
}
