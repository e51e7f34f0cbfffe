/* An account's connection limit at a server: what a refusal tells, how many connections are allowed after it,
 * and when one more is tried. */
#include "../net/net_test.h"
#include "upstream_test.h"

#include "upstream/quota.h"

#define TOLD "User 'app' has exceeded the 'max_user_connections' resource (current value: 3)"

TEST(a_limit_of_connections_is_told_from_those_of_an_hour)
{
    static const struct {
        int code;
        const char *text;
        bool is_limit;
    } rows[] = {
        { 1226, TOLD, true },
        { 1226, "Benutzer 'app' hat die 'max_user_connections' überschritten (Wert: 3)", true },
        { 1226, "User 'app' has exceeded the 'max_connections_per_hour' resource (current value: 3)", false },
        { 1226, "User 'app' has exceeded the 'max_queries_per_hour' resource (current value: 3)", false },
        { 1203, "User app already has more than 'max_user_connections' active connections", true },
        { 1203, "whatever the language", true },
        { 1040, "Too many connections", false },
        { 1045, "Access denied for user 'max_user_connections'", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = { .code = rows[i].code };
        (void)snprintf(err.text, sizeof err.text, "db1 (127.0.0.1:3306): %s", rows[i].text);
        assert_row(quota_is_limit(&err) == rows[i].is_limit, "%d %s", rows[i].code, rows[i].text);
    }
}

/* ---- a server with connections ---- */

#define UPSTREAMS 6

struct scene {
    struct loop loop;
    struct upstream_env envs[2];
    struct server *server;
    struct upstream upstreams[UPSTREAMS];
    struct quota *quota;
    unsigned grants;
    struct permits_ticket *ticket;
};

/* Opens `count` connections that are logged in, the last `elsewhere` of them in another worker. */
static void open_scene(struct scene *scene, unsigned count, unsigned elsewhere)
{
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->server = make_server("db1", "127.0.0.1:3306", 0, 2);
    for (unsigned i = 0; i < 2; i++)
        scene->envs[i] = (struct upstream_env){ .loop = &scene->loop, .worker = i };
    for (unsigned i = 0; i < count; i++) {
        struct upstream *upstream = &scene->upstreams[i];
        upstream->server = scene->server;
        upstream->env = &scene->envs[i >= count - elsewhere];
        upstream->key.account = 7;
        upstream->has_been_ready = true;
        assert_true(permits_try(&scene->server->permits));
        permits_hold(&scene->server->permits, upstream->env->worker, 0, &upstream->permit);
    }
}

static void leave(struct upstream *upstream)
{
    permits_release(&upstream->quota, upstream->env->worker);
    permits_release(&upstream->permit, upstream->env->worker);
}

static void close_scene(struct scene *scene)
{
    for (unsigned i = 0; i < UPSTREAMS; i++)
        if (scene->upstreams[i].env != NULL)
            leave(&scene->upstreams[i]);
    assert_int_equal(permits_used(&scene->quota->permits), 0);
    close_loop(&scene->loop);
    quota_free_all(scene->server);
    server_free(&scene->server);
}

/* The server refuses the login of `upstream` with this text. */
static bool refuse(struct scene *scene, struct upstream *upstream, const char *text, uint64_t now_us)
{
    struct error err = { .code = text != NULL ? 1226 : 1203 };
    bool is_new;
    (void)snprintf(err.text, sizeof err.text, "%s", text != NULL ? text : "too many");
    upstream->has_been_ready = false;
    scene->quota = quota_learn(scene->server, 7, "app", &is_new);
    assert_non_null(scene->quota);
    if (is_new)
        quota_enlist_all(scene->server, upstream->env->worker);
    bool must_log = quota_refused(scene->quota, &err, now_us);
    leave(upstream);
    return must_log;
}

static void on_grant(void *owner)
{
    struct scene *scene = owner;
    scene->ticket = NULL;
    scene->grants++;
}

static void wait_for_one(struct scene *scene)
{
    bool is_first;
    const struct permits_waiter waiter = { .loop = &scene->loop, .owner = scene, .on_grant = on_grant };
    scene->ticket = permits_wait(&scene->quota->permits, &waiter, &is_first);
    assert_non_null(scene->ticket);
}

static unsigned grants(struct scene *scene)
{
    turn_without_waiting(&scene->loop);
    return scene->grants;
}

TEST(an_account_without_a_refusal_has_none)
{
    struct scene scene;
    bool is_new;
    open_scene(&scene, 2, 0);
    assert_null(quota_find(scene.server, 7));
    assert_null(quota_learn(scene.server, 0, "nobody", &is_new));
    (void)refuse(&scene, &scene.upstreams[1], TOLD, 1);
    assert_null(quota_find(scene.server, 8));
    assert_ptr_equal(quota_find(scene.server, 7), scene.quota);
    assert_ptr_equal(quota_learn(scene.server, 7, "app", &is_new), scene.quota);
    assert_false(is_new);
    close_scene(&scene);
}

TEST(there_are_as_many_as_were_let_in)
{
    static const struct {
        unsigned open, elsewhere; /* connections before the refusal; one of the first kind is refused */
        const char *text;
        uint32_t max;
    } rows[] = {
        { 4, 0, TOLD, 3 }, /* all connections that the server counts are headgate's */
        { 3, 0, TOLD, 2 }, /* another program has one connection */
        { 4, 2, TOLD, 3 }, /* two connections are another worker's, which learns of the limit later */
        { 4, 0, NULL, 3 }, /* error 1203 tells no number */
        { 6, 0, TOLD, 3 }, /* the limit was lowered: no connection is closed, and none is opened */
        { 1, 0, TOLD, 0 }, /* other programs have all connections */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene(&scene, rows[i].open, rows[i].elsewhere);
        (void)refuse(&scene, &scene.upstreams[0], rows[i].text, 1);
        quota_enlist_all(scene.server, 1);
        assert_row(permits_max(&scene.quota->permits) == rows[i].max, "row %zu: %u", i,
                   permits_max(&scene.quota->permits));
        assert_int_equal(permits_used(&scene.quota->permits), rows[i].open - 1);
        assert_false(permits_try(&scene.quota->permits));
        close_scene(&scene);
    }
}

/* A connection that moves between two workers is in the list of neither of them. */
TEST(one_that_was_between_two_threads_is_counted_where_it_comes)
{
    struct scene scene;
    open_scene(&scene, 3, 0);
    struct upstream *late = &scene.upstreams[2];
    permits_carry_off(&late->permit, 0);
    (void)refuse(&scene, &scene.upstreams[0], NULL, 1);
    assert_int_equal(permits_max(&scene.quota->permits), 1);
    late->env = &scene.envs[1];
    permits_carry_on(&late->permit, 1, 0);
    for (int i = 0; i < 2; i++) { /* the second call changes nothing */
        quota_enlist_late(late);
        assert_int_equal(permits_used(&scene.quota->permits), 2);
        assert_int_equal(permits_max(&scene.quota->permits), 2);
        assert_ptr_equal(
            upstream_of_permit(&scene.quota->permits, list_first(&scene.quota->permits.holders[1].list)),
            late);
    }
    close_scene(&scene);
}

TEST(several_that_are_refused_at_once_count_as_none)
{
    struct scene scene;
    open_scene(&scene, UPSTREAMS, 0);
    for (int i = 0; i < 3; i++)
        scene.upstreams[i].has_been_ready = false; /* their logins are in progress */
    for (int i = 0; i < 3; i++)
        (void)refuse(&scene, &scene.upstreams[i], NULL, 1);
    assert_int_equal(permits_max(&scene.quota->permits), 3);
    assert_int_equal(permits_used(&scene.quota->permits), 3);
    close_scene(&scene);
}

TEST(it_is_told_once_a_minute)
{
    struct scene scene;
    open_scene(&scene, 4, 0);
    assert_true(refuse(&scene, &scene.upstreams[0], TOLD, 1000000));
    struct error err = { .code = 1226, .text = TOLD };
    permits_enlist(&scene.quota->permits, false, 3);
    assert_false(quota_refused(scene.quota, &err, 60999999));
    assert_true(quota_refused(scene.quota, &err, 61000000));
    assert_false(quota_refused(scene.quota, &err, 61000001));
    assert_int_equal(counter_read(&scene.quota->refused), 4);
    permits_give(&scene.quota->permits);
    close_scene(&scene);
}

/* One login is tried. How soon depends on whether the server has named a limit and headgate has used all of
 * it. */
TEST(one_more_is_tried_now_and_then_while_somebody_waits)
{
    static const struct {
        unsigned open;
        const char *text;
        uint64_t after_us;
    } rows[] = { { 4, TOLD, 60000000 }, { 3, TOLD, 500000 }, { 4, NULL, 500000 }, { 1, TOLD, 500000 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene(&scene, rows[i].open, 0);
        (void)refuse(&scene, &scene.upstreams[0], rows[i].text, 1000);
        quota_try_more(scene.quota, 1000 + rows[i].after_us); /* there is no waiter */
        wait_for_one(&scene);
        quota_try_more(scene.quota, 999 + rows[i].after_us);
        assert_row(grants(&scene) == 0, "row %zu: too early", i);
        quota_try_more(scene.quota, 1000 + rows[i].after_us);
        assert_row(grants(&scene) == 1, "row %zu: none", i);
        wait_for_one(&scene);
        quota_try_more(scene.quota, 1000 + rows[i].after_us); /* no second one */
        assert_row(grants(&scene) == 1, "row %zu: two", i);
        permits_cancel(&scene.ticket);
        permits_give(&scene.quota->permits);
        close_scene(&scene);
    }
}

TEST(one_that_is_let_in_brings_the_next_and_what_is_steady_none)
{
    struct scene scene;
    open_scene(&scene, 4, 0);
    (void)refuse(&scene, &scene.upstreams[0], NULL, 0);
    wait_for_one(&scene);
    quota_note_login(scene.quota); /* three connections, as before */
    assert_int_equal(grants(&scene), 0);
    quota_try_more(scene.quota, 500000);
    assert_int_equal(grants(&scene), 1);
    wait_for_one(&scene);
    quota_note_login(scene.quota); /* the fourth connection is logged in */
    assert_int_equal(grants(&scene), 2);
    wait_for_one(&scene);
    quota_note_login(scene.quota); /* the fifth connection is logged in */
    assert_int_equal(grants(&scene), 3);
    for (int i = 0; i < 3; i++)
        permits_give(&scene.quota->permits);
    close_scene(&scene);
}

TEST(a_limit_that_was_raised_is_not_what_it_said)
{
    struct scene scene;
    open_scene(&scene, 4, 0);
    (void)refuse(&scene, &scene.upstreams[0], TOLD, 0);
    wait_for_one(&scene);
    quota_try_more(scene.quota, 60000000);
    assert_int_equal(grants(&scene), 1);
    wait_for_one(&scene);
    quota_note_login(scene.quota); /* four connections, although the server had named three */
    assert_int_equal(grants(&scene), 2);
    permits_give(&scene.quota->permits);
    permits_give(&scene.quota->permits);
    close_scene(&scene);
}

TEST(another_machine_has_no_limit_until_it_tells_of_one)
{
    struct scene scene;
    open_scene(&scene, 4, 0);
    (void)refuse(&scene, &scene.upstreams[0], TOLD, 0);
    wait_for_one(&scene);
    quota_forget_all(scene.server);
    assert_int_equal(grants(&scene), 1);
    assert_true(permits_try(&scene.quota->permits));
    (void)refuse(&scene, &scene.upstreams[1], NULL, 1);
    assert_int_equal(permits_max(&scene.quota->permits), 4);
    permits_give(&scene.quota->permits);
    permits_give(&scene.quota->permits);
    close_scene(&scene);
}

TEST(who_was_refused_goes_first)
{
    struct scene scene, late = { 0 };
    bool is_first;
    open_scene(&scene, 2, 0);
    (void)refuse(&scene, &scene.upstreams[0], NULL, 0);
    wait_for_one(&scene);
    const struct permits_waiter waiter = {
        .loop = &scene.loop, .owner = &late, .on_grant = on_grant, .goes_first = true
    };
    late.ticket = permits_wait(&scene.quota->permits, &waiter, &is_first);
    assert_false(is_first);
    leave(&scene.upstreams[1]);
    assert_int_equal(grants(&scene), 0);
    assert_int_equal(late.grants, 1);
    permits_give(&scene.quota->permits);
    assert_int_equal(grants(&scene), 1);
    permits_give(&scene.quota->permits);
    close_scene(&scene);
}

TEST(without_memory_nothing_is_learnt)
{
    struct scene scene;
    bool is_new;
    open_scene(&scene, 1, 0);
    for (int n = 0; n < 2; n++) {
        mem_fail_after(n);
        assert_null(quota_learn(scene.server, 7, "app", &is_new));
        mem_fail_after(-1);
        assert_null(quota_find(scene.server, 7));
    }
    (void)refuse(&scene, &scene.upstreams[0], TOLD, 1);
    close_scene(&scene);
}

RUN_TESTS(NULL, NULL)
