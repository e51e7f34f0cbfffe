/* The addresses of servers: names whose address changes, is lost, and returns. */
#include "cluster_scene.h"

/* Gives the server another address, as an answer of a name server does. */
static void move(struct scene *scene, unsigned i, const char *address)
{
    struct resolve_name *name = &scene->cluster.members[i].name;
    struct addr was = name->addr;
    struct error err = { 0 };
    assert_true(addr_parse(address, &name->addr, &err));
    name->error[0] = '\0';
    name->on_news(name, &was);
}

static void lose_name(struct scene *scene, unsigned i, const char *why)
{
    struct resolve_name *name = &scene->cluster.members[i].name;
    struct addr was = name->addr;
    (void)snprintf(name->error, sizeof name->error, "%s", why);
    name->on_news(name, &was);
}

SCENE_TEST(another_address_is_another_machine_and_asked_first)
{
    struct fake another;
    char address[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX], reason[256];
    open_another(scene, &another, "127.0.0.1:0", address);
    another.is_replica = true;
    settle(scene, "PRR");
    while (!scene->cluster.members[1].probe.is_running)
        turn(&scene->loop);
    unsigned asked = scene->fakes[1].queries;
    move(scene, 1, address); /* during a probe of the old machine, whose answers no longer count */
    assert_int_equal(scene->view->servers[1].state, SERVER_STARTING);
    assert_false(scene->view->servers[1].takes_reads);
    assert_true(scene->view->servers[1].moves == 1);
    assert_string_equal(addr_format(&scene->view->servers[1].addr, text), address);
    assert_string_equal(scene->view->servers[1].server->address, scene->addresses[1]);
    turn_until_it_looks_like(scene, "PRR");
    assert_true(another.queries > 0 && scene->view->servers[1].moves == 1);
    while (scene->fakes[1].callers.count > 0)
        turn(&scene->loop); /* the probe's old connection is closed */
    assert_true(scene->fakes[1].queries <= asked + 1);
    const struct event *event = find_event(scene, scene->addresses[1], address);
    assert_non_null(event);
    assert_int_equal(event->server, 1);
    (void)snprintf(reason, sizeof reason, "address was %.47s, is %.47s: %.47s", scene->addresses[1], address,
                   scene->addresses[1]);
    assert_string_equal(event->reason, reason);
    assert_non_null(find_event(scene, "server_id 2", "server_id 9"));
    fake_close(&another);
}

SCENE_TEST(a_primary_that_moves_is_none_until_it_has_said_so)
{
    struct fake another;
    char address[ADDR_TEXT_MAX];
    open_another(scene, &another, "127.0.0.1:0", address);
    another.is_writable = another.is_silent = true;
    settle(scene, "PRR");
    unsigned views = scene->views;
    move(scene, 0, address);
    assert_int_equal(scene->views, views + 1);
    assert_true(looks_like(scene, "?RR"));
    for (int i = 0; i < 20; i++) /* the old machine is still writable, but it is not asked */
        turn(&scene->loop);
    assert_int_equal(scene->view->primary, VIEW_NO_SERVER);
    while (another.callers.count == 0)
        turn(&scene->loop);
    speak(&another);
    turn_until_it_looks_like(scene, "PRR");
    move(scene, 0, scene->addresses[0]);
    scene->fakes[0].is_writable = false;
    turn_until_it_looks_like(scene, "?RR"); /* back to the first machine, which takes no writes now */
    probe_thrice(scene);
    assert_int_equal(scene->view->primary, VIEW_NO_SERVER);
    assert_true(scene->view->servers[0].moves == 2);
    fake_close(&another);
}

SETTLED_TEST(a_name_that_is_lost_keeps_its_address)
{
    unsigned views = scene->views;
    lose_name(scene, 0, "Timeout while contacting DNS servers");
    probe_thrice(scene);
    assert_true(looks_like(scene, "PRR"));
    assert_int_equal(scene->views, views);
    assert_true(scene->cluster.members[0].is_lost);
    move(scene, 0, scene->addresses[0]);
    assert_false(scene->cluster.members[0].is_lost);
    assert_int_equal(scene->views, views);
}

SCENE_TEST(a_name_that_was_never_resolved_is_a_server_that_is_down)
{
    scene->cluster.members[1].name.addr.len = 0;
    scene->cluster.members[2].name.addr.len = 0;
    start(scene);
    while (!scene->cluster.members[0].was_probed)
        turn(&scene->loop);
    assert_true(scene->cluster.members[1].probe.is_running); /* its first answer is outstanding */
    lose_name(scene, 1, "Domain name not found");
    assert_null(scene->view);
    move(scene, 2, scene->addresses[2]);
    turn_until_it_looks_like(scene, "PdR");
    assert_string_equal(scene->view->servers[1].reason, "down");
    assert_string_equal(scene->view->servers[1].detail, "its name cannot be resolved: Domain name not found");
    assert_int_equal(scene->view->servers[1].addr.len, 0);
    move(scene, 1, scene->addresses[1]);
    turn_until_it_looks_like(scene, "PRR");
    assert_true(scene->view->servers[1].moves == 0 && scene->view->servers[2].moves == 0);
}

SCENE_TEST(a_name_server_that_says_nothing_is_not_waited_for_longer_than_a_probe)
{
    scene->settings.monitor.timeout_us = 30000;
    scene->cluster.members[1].name.addr.len = 0;
    settle(scene, "PdR");
    assert_string_equal(scene->view->servers[1].detail,
                        "its name cannot be resolved: no answer within the probe's timeout");
}

RUN_TESTS(NULL, NULL)
