#include "cluster_test.h"

#include "cluster/balance.h"

#define SERVERS_MAX 8
#define WORKERS 3

static struct view *make_view(size_t count, const int64_t *weights)
{
    struct view *view = view_new(count);
    assert_non_null(view);
    for (size_t i = 0; i < count; i++) {
        view->servers[i].server =
            make_server("db", "127.0.0.1:3306", weights != NULL ? weights[i] : 1, WORKERS);
        view->servers[i].takes_reads = true;
    }
    return view;
}

static void drop_view(struct view *view)
{
    for (size_t i = 0; i < view->count; i++)
        server_free(&view->servers[i].server);
    view_release(&view);
}

static void attach(const struct view *view, int at, unsigned worker)
{
    counter_add(&view->servers[at].server->by_worker[worker % WORKERS].connections_active, 1);
}

static uint64_t load_of(const struct view *view, size_t at)
{
    return server_sum(view->servers[at].server).connections_active;
}

/* Only servers that take reads and are not to be avoided, none of them loaded less for its weight than the
 * one picked. */
static void the_pick_takes_reads_and_nobody_is_better(void **state)
{
    (void)state;
    uint64_t seed = 101;
    for (unsigned round = 0; round < 500; round++) {
        int64_t weights[SERVERS_MAX];
        size_t count = next_random(&seed) % (SERVERS_MAX + 1);
        for (size_t i = 0; i < count; i++)
            weights[i] = 1 + next_random(&seed) % 1000;
        struct view *view = make_view(count, weights);
        for (size_t i = 0; i < count; i++) {
            view->servers[i].takes_reads = !chance(&seed, 3);
            for (unsigned n = next_random(&seed) % 20; n > 0; n--)
                attach(view, (int)i, n);
        }
        int avoid = (int)(next_random(&seed) % (count + 1)) - 1;
        int picked = balance_pick(view, avoid, chance(&seed, 4) ? UINT32_MAX - 1 : next_random(&seed));
        size_t eligible = 0;
        for (size_t i = 0; i < count; i++) {
            if (!view->servers[i].takes_reads || (int)i == avoid)
                continue;
            eligible++;
            assert_true(picked >= 0);
            assert_true((load_of(view, (size_t)picked) + 1) * (uint64_t)weights[i] <=
                        (load_of(view, i) + 1) * (uint64_t)weights[picked]);
        }
        assert_int_equal(picked != VIEW_NO_SERVER, eligible > 0);
        if (picked >= 0)
            assert_true(view->servers[picked].takes_reads && picked != avoid);
        drop_view(view);
    }
}

static void connections_spread_by_weight(void **state)
{
    (void)state;
    static const int64_t weights[] = { 1, 2, 5, 2 };
    struct view *view = make_view(4, weights);
    for (unsigned turn = 0; turn < 1000; turn++)
        attach(view, balance_pick(view, VIEW_NO_SERVER, turn), turn);
    for (size_t i = 0; i < 4; i++) {
        int64_t off = (int64_t)load_of(view, i) - 100 * weights[i];
        assert_row(off >= -2 && off <= 2, "server %zu has %llu", i, (unsigned long long)load_of(view, i));
    }
    drop_view(view);
}

/* Short visits leave no connection behind: ties must go round by themselves. */
static void equal_servers_take_turns(void **state)
{
    (void)state;
    struct view *view = make_view(3, NULL);
    unsigned picks[3] = { 0 };
    for (unsigned turn = 0; turn < 300; turn++)
        picks[balance_pick(view, VIEW_NO_SERVER, turn)]++;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(picks[i], 100);
    drop_view(view);
}

/* The primary stands between the replicas in the list, and one replica is down: the others' shares stay
 * equal. */
static void those_who_take_no_reads_leave_the_shares_equal(void **state)
{
    (void)state;
    struct view *view = make_view(6, NULL);
    unsigned picks[6] = { 0 };
    view->servers[1].takes_reads = view->servers[2].takes_reads = false;
    for (unsigned turn = 0; turn < 300; turn++)
        picks[balance_pick(view, 4, turn)]++;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(picks[i], i == 1 || i == 2 || i == 4 ? 0 : 100);
    drop_view(view);
}

static void the_avoided_one_is_taken_by_nobody_even_when_it_is_the_last(void **state)
{
    (void)state;
    struct view *view = make_view(2, NULL);
    for (unsigned turn = 0; turn < 10; turn++)
        assert_int_equal(balance_pick(view, 0, turn), 1);
    view->servers[1].takes_reads = false;
    assert_int_equal(balance_pick(view, 0, 0), VIEW_NO_SERVER);
    assert_int_equal(balance_pick(view, 1, 0), 0);
    drop_view(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pick_takes_reads_and_nobody_is_better),
        cmocka_unit_test(connections_spread_by_weight),
        cmocka_unit_test(equal_servers_take_turns),
        cmocka_unit_test(those_who_take_no_reads_leave_the_shares_equal),
        cmocka_unit_test(the_avoided_one_is_taken_by_nobody_even_when_it_is_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
