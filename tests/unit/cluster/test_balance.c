#include "../upstream/upstream_test.h"

#include "cluster/balance.h"

#define SERVERS_MAX 8
#define WORKERS 3
#define SECOND UINT64_C(1000000)

static struct view *make_view(size_t count, const int64_t *weights)
{
    struct view *view = view_new(count);
    assert_non_null(view);
    for (size_t i = 0; i < count; i++) {
        view->servers[i].server =
            make_server("db", "127.0.0.1:3306", weights != NULL ? weights[i] : 1, WORKERS);
        view->servers[i].takes_reads = view->servers[i].is_near = true;
    }
    return view;
}

static void drop_view(struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        server_free(&view->servers[i].server);
    view_release(&view);
}

static struct server_counters *row_of(const struct view *view, int at, unsigned worker)
{
    return &view->servers[at].server->by_worker[worker % WORKERS];
}

static void attach(const struct view *view, int at, unsigned worker)
{
    counter_add(&row_of(view, at, worker)->connections_active, 1);
}

static uint64_t connections_of(const struct view *view, size_t at)
{
    return server_sum(view->servers[at].server).connections_active;
}

static uint64_t chances; /* state of the random numbers; set anew for each test */

static int begin_chances(void **state)
{
    (void)state;
    chances = 11;
    return 0;
}

static int pick(const struct view *view, int avoid, unsigned turn, uint64_t now_us)
{
    uint64_t random = 0;
    for (unsigned i = 0; i < 4; i++)
        random = random << 16 | (next_random(&chances) >> 15 & 0xffff);
    struct balance_wish wish = { .avoid = avoid, .turn = turn, .random = random, .now_us = now_us };
    return balance_pick(view, &wish);
}

/* ---- servers that may be picked ---- */

/* Only servers that take reads and are not to be avoided are picked. With three or fewer servers, no other
 * one has fewer running commands (in whole shares), or equally many and fewer connections. */
TEST_WITH(the_pick_takes_reads_and_nobody_is_better, begin_chances, NULL)
{
    uint64_t seed = 101;
    for (unsigned round = 0; round < 2000; round++) {
        int64_t weights[SERVERS_MAX];
        size_t count = next_random(&seed) % (SERVERS_MAX + 1), eligible = 0;
        double weight = 0; /* of all eligible servers together */
        for (size_t i = 0; i < count; i++)
            weights[i] = 1 + next_random(&seed) % 1000;
        struct view *view = make_view(count, weights);
        for (size_t i = 0; i < count; i++) {
            view->servers[i].takes_reads = !chance(&seed, 3);
            for (unsigned n = next_random(&seed) % 20; n > 0; n--)
                attach(view, (int)i, n);
            counter_add(&row_of(view, (int)i, 1)->running, next_random(&seed) % 4);
        }
        int avoid = (int)(next_random(&seed) % (count + 1)) - 1;
        int picked = pick(view, avoid, chance(&seed, 4) ? UINT32_MAX - 1 : next_random(&seed), 0);
        for (size_t i = 0; i < count; i++) {
            bool is_eligible = view->servers[i].takes_reads && (int)i != avoid;
            eligible += is_eligible;
            weight += is_eligible ? (double)weights[i] : 0;
        }
        assert_row((picked != VIEW_NO_SERVER) == (eligible > 0), "round %u", round);
        if (picked >= 0)
            assert_true(view->servers[picked].takes_reads && picked != avoid);
        for (size_t i = 0; i < count && eligible <= 3; i++) {
            if (!view->servers[i].takes_reads || (int)i == avoid)
                continue;
            struct server_totals its = server_sum(view->servers[i].server),
                                 best = server_sum(view->servers[picked].server);
            double mean = weight / (double)eligible;
            assert_row((int)((double)best.running * mean / (double)weights[picked]) <=
                           (int)((double)its.running * mean / (double)weights[i] + 0.02),
                       "round %u: %zu is less busy than %d", round, i, picked);
            if (its.running == 0 && best.running == 0)
                assert_row((double)best.connections_active / (double)weights[picked] <=
                               1.01 * (double)its.connections_active / (double)weights[i],
                           "round %u: %zu has fewer connections than %d", round, i, picked);
        }
        drop_view(view);
    }
}

TEST_WITH(the_avoided_one_is_taken_by_nobody_even_when_it_is_the_last, begin_chances, NULL)
{
    struct view *view = make_view(2, NULL);
    for (unsigned turn = 0; turn < 10; turn++)
        assert_int_equal(pick(view, 0, turn, 0), 1);
    view->servers[1].takes_reads = false;
    assert_int_equal(pick(view, 0, 0, 0), VIEW_NO_SERVER);
    assert_int_equal(pick(view, 1, 0, 0), 0);
    drop_view(view);
}

TEST_WITH(those_of_the_zone_come_first_and_others_only_without_them, begin_chances, NULL)
{
    struct view *view = make_view(3, NULL);
    view->servers[0].is_near = view->servers[1].is_near = false;
    for (unsigned turn = 0; turn < 50; turn++) {
        attach(view, 2, turn);
        counter_add(&row_of(view, 2, 0)->running, 1);
        assert_int_equal(pick(view, VIEW_NO_SERVER, turn, 0), 2);
        assert_int_not_equal(pick(view, 2, turn, 0), 2);
    }
    view->servers[2].takes_reads = false;
    assert_in_range(pick(view, VIEW_NO_SERVER, 0, 0), 0, 1);
    drop_view(view);
}

TEST_WITH(the_primary_reads_only_when_it_shares, begin_chances, NULL)
{
    static const struct {
        enum primary_reads_setting setting;
        bool is_reader;
    } rows[] = { { PRIMARY_READS_FALLBACK, false },
                 { PRIMARY_READS_NEVER, false },
                 { PRIMARY_READS_SHARE, true } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct view *view = make_view(2, NULL);
        unsigned picks[2] = { 0 };
        view->primary = 0;
        view->servers[0].takes_reads = false;
        view->primary_reads = rows[i].setting;
        assert_int_equal(balance_is_reader(view, 0), rows[i].is_reader);
        for (unsigned turn = 0; turn < 1000; turn++)
            picks[pick(view, VIEW_NO_SERVER, turn, 0)]++;
        assert_row(rows[i].is_reader ? picks[0] >= 450 && picks[0] <= 550 : picks[0] == 0, "row %zu: %u", i,
                   picks[0]);
        view->servers[1].takes_reads = false;
        assert_int_equal(pick(view, VIEW_NO_SERVER, 7, 0), rows[i].is_reader ? 0 : VIEW_NO_SERVER);
        drop_view(view);
    }
}

/* ---- shares ---- */

TEST_WITH(connections_spread_by_weight, begin_chances, NULL)
{
    static const int64_t weights[] = { 1, 2, 5 };
    struct view *view = make_view(3, weights);
    for (unsigned turn = 0; turn < 800; turn++)
        attach(view, pick(view, VIEW_NO_SERVER, turn, 0), turn);
    for (size_t i = 0; i < 3; i++) {
        int64_t off = (int64_t)connections_of(view, i) - 100 * weights[i];
        assert_row(off >= -2 && off <= 2, "server %zu has %llu", i,
                   (unsigned long long)connections_of(view, i));
    }
    drop_view(view);
}

TEST_WITH(of_many_the_better_of_two_keeps_shares_within_a_tenth, begin_chances, NULL)
{
    static const int64_t weights[] = { 1, 2, 5, 2, 1, 1, 2, 1 };
    struct view *view = make_view(8, weights);
    for (unsigned turn = 0; turn < 15000; turn++)
        attach(view, pick(view, VIEW_NO_SERVER, turn, 0), turn);
    for (size_t i = 0; i < 8; i++) {
        int64_t off = (int64_t)connections_of(view, i) - 1000 * weights[i];
        assert_row(off >= -100 * weights[i] && off <= 100 * weights[i], "server %zu has %llu", i,
                   (unsigned long long)connections_of(view, i));
    }
    drop_view(view);
}

/* Short sessions leave no connection behind: equal servers must be picked in turn. */
TEST_WITH(servers_that_are_equal_get_their_shares, begin_chances, NULL)
{
    for (int setting = BALANCE_LEAST; setting <= BALANCE_ROUND_ROBIN; setting++) {
        struct view *view = make_view(4, (const int64_t[]){ 1, 2, 7, 1 });
        unsigned picks[4] = { 0 };
        view->balance = (enum balance_setting)setting;
        view->servers[2].takes_reads = false; /* it stands between the two servers that take reads */
        for (unsigned turn = 0; turn < 8000; turn++)
            picks[pick(view, VIEW_NO_SERVER, turn, 0)]++;
        assert_in_range(picks[0], 1900, 2100);
        assert_in_range(picks[1], 3850, 4150);
        assert_in_range(picks[3], 1900, 2100);
        drop_view(view);
    }
}

TEST_WITH(round_robin_does_not_look_at_anything_but_weights, begin_chances, NULL)
{
    struct view *view = make_view(2, (const int64_t[]){ 1, 3 });
    unsigned picks[2] = { 0 };
    view->balance = BALANCE_ROUND_ROBIN;
    counter_add(&row_of(view, 1, 0)->running, 1000);
    counter_add(&row_of(view, 1, 0)->latency_us, 1000000);
    for (unsigned turn = 0; turn < 400; turn++)
        picks[pick(view, VIEW_NO_SERVER, turn, 0)]++;
    assert_in_range(picks[1], 298, 302);
    drop_view(view);
}

TEST_WITH(a_server_that_comes_back_begins_with_a_tenth_and_grows, begin_chances, NULL)
{
    static const struct {
        uint64_t now_us;
        double share; /* of all picks */
    } moments[] = { { 100 * SECOND, 0.1 }, { 105 * SECOND, 0.55 }, { 110 * SECOND, 1 }, { 500 * SECOND, 1 } };
    for (size_t i = 0; i < COUNT_OF(moments); i++)
        for (int setting = BALANCE_LEAST; setting <= BALANCE_ROUND_ROBIN; setting++) {
            struct view *view = make_view(3, NULL);
            unsigned picks[3] = { 0 };
            view->balance = (enum balance_setting)setting;
            view->servers[1].slow_from_us = 100 * SECOND;
            view->servers[1].slow_until_us = 110 * SECOND;
            for (unsigned turn = 0; turn < 30000; turn++)
                picks[pick(view, VIEW_NO_SERVER, turn, moments[i].now_us)]++;
            double expected = 30000 * moments[i].share / (2 + moments[i].share);
            assert_row(picks[1] > expected * 0.95 && picks[1] < expected * 1.05, "moment %zu: %u, not %.0f",
                       i, picks[1], expected);
            drop_view(view);
        }
}

/* ---- queries arrive, run for as long as their server needs, and their latency is measured ---- */

#define QUERIES_AT_ONCE 4096

struct work {
    struct view *view;
    uint64_t takes_us[SERVERS_MAX];
    struct {
        uint64_t ends_us; /* 0: free */
        uint64_t began_us;
        int server;
    } queries[QUERIES_AT_ONCE];
    uint64_t free_at_us[SERVERS_MAX][8]; /* a server runs this many queries at a time; further ones wait */
    unsigned done[SERVERS_MAX];
};

static void end_queries(struct work *work, uint64_t now_us)
{
    for (size_t i = 0; i < QUERIES_AT_ONCE; i++) {
        int server = work->queries[i].server;
        if (work->queries[i].ends_us == 0 || work->queries[i].ends_us > now_us)
            continue;
        server_note_latency(work->view->servers[server].server, 0,
                            work->queries[i].ends_us - work->queries[i].began_us);
        counter_sub(&row_of(work->view, server, 0)->running, 1);
        work->queries[i].ends_us = 0;
        work->done[server]++;
    }
}

static void begin_query(struct work *work, int server, uint64_t now_us)
{
    size_t slot = 0, lane = 0;
    while (slot < QUERIES_AT_ONCE && work->queries[slot].ends_us != 0)
        slot++;
    assert_true(slot < QUERIES_AT_ONCE);
    for (size_t i = 1; i < COUNT_OF(work->free_at_us[0]); i++)
        if (work->free_at_us[server][i] < work->free_at_us[server][lane])
            lane = i;
    uint64_t *free_at_us = &work->free_at_us[server][lane];
    *free_at_us = (*free_at_us > now_us ? *free_at_us : now_us) + work->takes_us[server];
    work->queries[slot].began_us = now_us;
    work->queries[slot].ends_us = *free_at_us;
    work->queries[slot].server = server;
    counter_add(&row_of(work->view, server, 0)->running, 1);
}

/* Runs `count` queries, one every `gap_us` on average. */
static void run_work(struct work *work, uint64_t gap_us, unsigned count)
{
    uint64_t now_us = SECOND, seed = 7;
    for (unsigned turn = 0; turn < count; turn++) {
        now_us += 1 + next_random(&seed) % (2 * gap_us);
        end_queries(work, now_us);
        begin_query(work, pick(work->view, VIEW_NO_SERVER, turn, now_us), now_us);
    }
    end_queries(work, UINT64_MAX);
}

TEST_WITH(a_slow_server_gets_less_and_not_nothing, begin_chances, NULL)
{
    static const struct {
        const char *what;
        size_t servers;
        uint64_t gap_us;
        double least, most; /* share of the slow server, in percent */
    } loads[] = {
        { "hardly anything to do", 3, 10000, 0.5, 5 },
        { "work", 3, 200, 0.5, 8 },
        { "nearly more than the fast ones can", 3, 65, 0.5, 12 },
        { "of six, hardly anything to do", 6, 10000, 0.3, 8 },
        { "of six, work", 6, 100, 0.3, 8 },
    };
    static struct work work;
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        memset(&work, 0, sizeof work);
        work.view = make_view(loads[i].servers, NULL);
        for (size_t n = 0; n < loads[i].servers; n++)
            work.takes_us[n] = n == 1 ? 10000 : 1000;
        run_work(&work, loads[i].gap_us, 20000);
        double share = work.done[1] / 200.0;
        assert_row(share > loads[i].least && share < loads[i].most, "%s: %.2f %%", loads[i].what, share);
        for (size_t n = 0; n < loads[i].servers; n++) {
            double fair = (20000.0 - work.done[1]) / (double)(loads[i].servers - 1);
            assert_row(n == 1 || (work.done[n] > 0.9 * fair && work.done[n] < 1.1 * fair), "%s: %zu has %u",
                       loads[i].what, n, work.done[n]);
        }
        drop_view(work.view);
    }
}

TEST_WITH(weights_are_met_within_a_tenth_at_every_load, begin_chances, NULL)
{
    static const int64_t weights[] = { 1, 2, 1 };
    static const uint64_t gaps_us[] = { 10000, 1000, 200, 100, 70 };
    static struct work work;
    for (size_t i = 0; i < COUNT_OF(gaps_us); i++) {
        memset(&work, 0, sizeof work);
        work.view = make_view(3, weights);
        for (size_t n = 0; n < 3; n++)
            work.takes_us[n] = 1000;
        run_work(&work, gaps_us[i], 20000);
        for (size_t n = 0; n < 3; n++)
            assert_row(work.done[n] > 4500 * weights[n] && work.done[n] < 5500 * weights[n],
                       "gap %llu: server %zu has %u", (unsigned long long)gaps_us[i], n, work.done[n]);
        drop_view(work.view);
    }
}

/* A server that was slow and has recovered is noticed, although its measured latency is still high. */
TEST_WITH(a_server_that_has_recovered_gets_its_share_again, begin_chances, NULL)
{
    static struct work work;
    memset(&work, 0, sizeof work);
    work.view = make_view(3, NULL);
    for (size_t n = 0; n < 3; n++)
        work.takes_us[n] = 1000;
    for (unsigned n = 0; n < 100; n++)
        server_note_latency(work.view->servers[1].server, 0, 50000);
    run_work(&work, 500, 20000);
    assert_row(work.done[1] > 5000, "%u", work.done[1]);
    drop_view(work.view);
}

/* ---- moving sessions to another server ---- */

static unsigned movers(const struct view *view, int current, uint64_t now_us)
{
    unsigned moves = 0;
    for (uint64_t random = 0; random < 800; random++)
        moves += balance_should_move(view, current, random, now_us);
    return moves;
}

TEST_WITH(one_in_eight_moves_from_where_it_is_clearly_worse, begin_chances, NULL)
{
    static const struct {
        const char *what;
        uint64_t running[2], connections[2], latency_us[2];
        unsigned movers; /* number of 800 sessions on the first server that move */
    } rows[] = {
        { "all the same", { 0 }, { 0 }, { 0 }, 0 },
        { "a little busier", { 4, 0 }, { 20, 20 }, { 1000, 1000 }, 0 },
        { "much busier", { 9, 0 }, { 20, 20 }, { 1000, 1000 }, 100 },
        { "less busy", { 0, 9 }, { 20, 20 }, { 1000, 1000 }, 0 },
        { "twice as slow", { 0 }, { 20, 20 }, { 20000, 10000 }, 0 },
        { "three times", { 0 }, { 20, 20 }, { 30000, 10000 }, 100 },
        { "three times of next to nothing", { 0 }, { 20, 20 }, { 3000, 1000 }, 0 },
        { "faster", { 0 }, { 20, 20 }, { 1000, 5000 }, 0 },
        { "latency not known", { 0 }, { 20, 20 }, { 9000, 0 }, 0 },
        { "the other has just come back", { 0 }, { 40, 5 }, { 1000, 1000 }, 100 },
        { "a few more connections", { 0 }, { 2, 0 }, { 1000, 1000 }, 0 },
        { "all of the connections", { 0 }, { 8, 0 }, { 1000, 1000 }, 100 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct view *view = make_view(2, NULL);
        for (int n = 0; n < 2; n++) {
            counter_add(&row_of(view, n, 0)->running, rows[i].running[n]);
            counter_add(&row_of(view, n, 1)->connections_active, rows[i].connections[n]);
            counter_add(&row_of(view, n, 2)->latency_us, rows[i].latency_us[n]);
        }
        assert_row(movers(view, 0, 0) == rows[i].movers, "%s: %u", rows[i].what, movers(view, 0, 0));
        drop_view(view);
    }
}

TEST_WITH(whoever_cannot_stay_moves_at_once, begin_chances, NULL)
{
    struct view *view = make_view(2, NULL);
    view->servers[0].takes_reads = false;
    assert_int_equal(movers(view, 0, 0), 800);
    view->servers[1].takes_reads = false; /* no server is left to move to */
    assert_int_equal(movers(view, 0, 0), 0);
    drop_view(view);
}

TEST_WITH(sessions_go_home_to_their_zone, begin_chances, NULL)
{
    struct view *view = make_view(3, NULL);
    view->servers[0].is_near = false;
    assert_int_equal(movers(view, 0, 0), 100);
    assert_int_equal(movers(view, 1, 0), 0);
    view->servers[1].takes_reads = view->servers[2].takes_reads = false;
    assert_int_equal(movers(view, 0, 0), 0);
    drop_view(view);
}

/* No session returns to the server that it was moved away from: in the end all sessions stay. */
TEST_WITH(moving_comes_to_an_end, begin_chances, NULL)
{
    static struct {
        int server;
    } sessions[300];
    struct view *view = make_view(3, NULL);
    uint64_t seed = 5;
    unsigned moves = 0;
    for (size_t i = 0; i < COUNT_OF(sessions); i++)
        attach(view, 0, 0); /* all sessions are on the first server */
    for (unsigned turn = 0; turn < 20000; turn++) {
        size_t i = next_random(&seed) % COUNT_OF(sessions);
        if (!balance_should_move(view, sessions[i].server, next_random(&seed), 0))
            continue;
        int to = pick(view, VIEW_NO_SERVER, turn, 0);
        counter_sub(&row_of(view, sessions[i].server, 0)->connections_active, 1);
        attach(view, to, 0);
        sessions[i].server = to;
        moves++;
        assert_row(turn < 10000, "turn %u: from %d to %d", turn, sessions[i].server, to);
    }
    assert_in_range(moves, 100, 400);
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < 3; i++) {
        least = connections_of(view, i) < least ? connections_of(view, i) : least;
        most = connections_of(view, i) > most ? connections_of(view, i) : most;
    }
    assert_row(most <= 2 * least + 8 && least > 50, "%llu to %llu", (unsigned long long)least,
               (unsigned long long)most);
    drop_view(view);
}

RUN_TESTS(NULL, NULL)
