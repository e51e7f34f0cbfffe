/* The choice of the primary, the published views, and operators' commands: a whole cluster over loopback. */
#include "cluster_scene.h"

SETTLED_TEST(roles_come_from_what_servers_say)
{
    assert_true(member_are_all_probed(&scene->cluster));
    assert_string_equal(scene->view->version, "8.0.36");
    assert_int_equal(scene->view->family, FAMILY_MYSQL);
    assert_int_equal(scene->view->collation, 45);
    assert_true(scene->view->servers[1].lag_ms == 2000);
    assert_string_equal(scene->view->cluster_name, "main");
}

SETTLED_TEST(nothing_new_is_not_published)
{
    unsigned views = scene->views;
    uint64_t epoch = scene->view->epoch;
    probe_thrice(scene);
    assert_int_equal(scene->views, views);
    scene->fakes[2].is_stopped = true;
    turn_until_it_looks_like(scene, "PRr");
    assert_true(scene->view->epoch > epoch);
}

SETTLED_TEST(a_promoted_replica_is_followed_and_the_old_primary_not_taken_back)
{
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dRR");
    scene->fakes[1].is_replica = false;
    scene->fakes[1].is_writable = true;
    scene->fakes[2].source = 2; /* db3 was pointed to db2 */
    turn_until_it_looks_like(scene, "dPR");
    assert_true(fake_open(&scene->fakes[0], scene->addresses[0])); /* it returns writable, as before */
    turn_until_it_looks_like(scene, "?PR");
    probe_thrice(scene);
    assert_true(looks_like(scene, "?PR"));
}

TEST(a_server_of_another_family_is_up_and_says_why_it_is_left_out)
{
    for (unsigned is_static = 0; is_static < 2; is_static++) {
        struct scene scene;
        open_scene(&scene);
        scene.settings.topology = is_static ? TOPOLOGY_STATIC : TOPOLOGY_AUTO;
        for (unsigned i = 0; is_static && i < SERVERS; i++)
            scene.cluster.members[i].server->role_setting =
                i == 0 ? ROLE_SETTING_PRIMARY : ROLE_SETTING_REPLICA;
        scene.fakes[1].is_mariadb = true;
        settle(&scene, is_static ? "PrR" : "P?R");
        const struct view_server *left_out = &scene.view->servers[1];
        assert_int_equal(left_out->state, SERVER_UP);
        assert_string_equal(left_out->reason, "not of the first server's family (MySQL, MariaDB)");
        close_scene(&scene);
    }
}

SCENE_TEST(clients_are_not_greeted_with_what_a_left_out_server_can)
{
    scene->fakes[0].is_mariadb = scene->fakes[1].is_mariadb =
        true; /* db3 is MySQL 8, and 8 is lower than 10 */
    settle(scene, "PR?");
    assert_int_equal(scene->view->family, FAMILY_MARIADB);
    assert_string_equal(scene->view->version, "5.5.5-10.11.6-MariaDB");
}

TEST(two_writable_servers_at_the_start_are_nobody_in_whatever_order_they_answer)
{
    for (unsigned late = 0; late < SERVERS; late++) {
        struct scene scene;
        open_scene(&scene);
        scene.fakes[1].is_writable = true;
        scene.fakes[1].is_replica = false;
        scene.fakes[2].source = 99;
        scene.fakes[late].is_silent = true;
        start(&scene);
        for (unsigned i = 0; i < SERVERS; i++)
            if (i != late)
                turn_until_probed(&scene, i);
        assert_false(member_are_all_probed(&scene.cluster));
        assert_null(scene.view);
        speak(&scene.fakes[late]);
        turn_until_it_looks_like(&scene, "??R");
        assert_int_equal(scene.views, 1);
        probe_thrice(&scene);
        assert_true(looks_like(&scene, "??R"));
        scene.fakes[0].is_writable = false; /* an operator has decided */
        turn_until_it_looks_like(&scene, "?PR");
        close_scene(&scene);
    }
}

/* The greeting sent to clients does not depend on which servers answer first. */
SCENE_TEST(a_silent_server_delays_the_first_view_by_its_probe_deadline_and_no_more)
{
    scene->settings.monitor.timeout_us = 30000;
    scene->fakes[2].is_silent = true;
    start(scene);
    turn_until_probed(scene, 2);
    assert_true(looks_like(scene, "PRd"));
    assert_int_equal(scene->views, 1);
    assert_non_null(strstr(scene->view->servers[2].detail, "no answer within"));
}

SCENE_TEST(writable_servers_without_a_primary_are_named_once)
{
    char text[8192];
    keep_log(scene);
    scene->fakes[1].is_writable = scene->fakes[2].is_writable = true;
    scene->fakes[1].is_replica = false; /* db3 is writable as well, but has a source */
    scene->fakes[2].source = 99;
    settle(scene, "???");
    probe_thrice(scene);
    read_log(scene, text, sizeof text);
    const char *line = strstr(text, "there is no primary: db1 is writable beside another writable server; "
                                    "db2 is writable beside another writable server; nothing is written");
    assert_row(line != NULL && strstr(line + 1, "there is no primary") == NULL, "%s", text);
    /* Another writable server joins db1 and db2. */
    scene->fakes[2].is_replica = false;
    while (strstr(text, "db2 is writable beside another writable server; db3 is writable") == NULL) {
        turn(&scene->loop);
        read_log(scene, text, sizeof text);
    }
}

/* A server that stays up while it is promoted: `since` is the time of the promotion, not the time when the
 * server came up. */
SETTLED_TEST(since_is_of_role_and_state_together)
{
    uint64_t begun = scene->view->servers[0].since_us;
    assert_true(begun > 0 && begun <= scene->loop.now_us);
    for (unsigned i = 0; i < SERVERS; i++)
        assert_true(scene->view->servers[i].since_us == begun);
    probe_thrice(scene);
    scene->fakes[2].is_stopped = true; /* the reason changes; role and state stay */
    turn_until_it_looks_like(scene, "PRr");
    assert_true(scene->view->servers[2].since_us == begun);
    scene->fakes[0].is_writable = false;
    turn_until_it_looks_like(scene, "?Rr");
    uint64_t demoted = scene->view->servers[0].since_us;
    assert_true(demoted > begun && demoted <= scene->loop.now_us);
    scene->fakes[1].is_replica = false;
    scene->fakes[1].is_writable = true;
    turn_until_it_looks_like(scene, "?Pr");
    assert_true(scene->view->servers[1].since_us > demoted);
    assert_true(scene->view->servers[0].since_us == demoted && scene->view->servers[2].since_us == begun);
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dPr");
    assert_true(scene->view->servers[0].since_us > demoted);
}

SCENE_TEST(replicas_whose_source_is_away_serve_reads)
{
    fake_close(&scene->fakes[0]);
    scene->fakes[1].is_link_broken = scene->fakes[2].is_link_broken = true;
    settle(scene, "dRR");
}

SCENE_TEST(without_any_server_there_is_still_a_view)
{
    for (unsigned i = 0; i < SERVERS; i++)
        fake_close(&scene->fakes[i]);
    settle(scene, "ddd");
    assert_int_equal(scene->view->family, FAMILY_UNKNOWN);
    assert_true(scene->view->caps == 0 && scene->view->primary == VIEW_NO_SERVER);
}

SCENE_TEST(a_newcomer_gets_nothing_until_the_replicas_follow_it_and_that_is_said)
{
    char text[8192];
    keep_log(scene);
    settle(scene, "PRR");
    scene->fakes[1].is_replica = false;
    scene->fakes[1].is_writable = true;
    turn_until_it_looks_like(scene, "P?R");
    probe_thrice(scene); /* the first probe may have seen half of the change */
    assert_true(looks_like(scene, "P?R"));
    assert_string_equal(scene->view->servers[1].reason, "writable beside another writable server");
    assert_string_equal(scene->view->servers[1].detail, "db1 is the primary");
    assert_true(scene->view->servers[1].is_contender && !scene->view->servers[0].is_contender);
    scene->fakes[2].source = 2;
    turn_until_it_looks_like(scene, "?PR");
    assert_string_equal(scene->view->servers[0].detail, "db2 is the primary");
    scene->fakes[0].is_writable = false;
    probe_thrice(scene);
    read_log(scene, text, sizeof text);
    static const char *const lines[] = { "writable beside the primary db1: db2;",
                                         "writable beside the primary db2: db1;",
                                         "no server is writable beside the primary any more (db1 was)" };
    const char *at = text;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        at = strstr(at, lines[i]);
        assert_row(at != NULL && strstr(at + 1, lines[i]) == NULL, "%s in %s", lines[i], text);
    }
}

SETTLED_TEST(stopped_replication_and_followers_make_a_primary)
{
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dRR");
    scene->fakes[1].is_link_stopped = scene->fakes[1].is_writable = true;
    turn_until_it_looks_like(scene, "d?R");
    probe_thrice_of(scene, 1);
    assert_true(looks_like(scene, "d?R"));
    scene->fakes[2].source = 2;
    turn_until_it_looks_like(scene, "dPR");
}

static void operate(struct scene *scene, const char *server, enum cluster_verb verb)
{
    struct error err = { 0 };
    assert_row(cluster_operate(&scene->cluster, server, verb, &err), "%s", err.text);
}

SETTLED_TEST(operators_have_the_last_word)
{
    struct error err = { 0 };
    operate(scene, "db2", CLUSTER_DRAIN);
    assert_true(looks_like(scene, "PrR")); /* at once, without a probe */
    assert_int_equal(scene->view->servers[1].state, SERVER_DRAINING);
    assert_string_equal(scene->view->servers[1].reason, "drained by an operator");
    probe_thrice(scene); /* probes continue and change nothing */
    assert_int_equal(scene->view->servers[1].state, SERVER_DRAINING);
    operate(scene, "db2", CLUSTER_DISABLE);
    assert_int_equal(scene->view->servers[1].state, SERVER_DISABLED);
    operate(scene, "db2", CLUSTER_ENABLE);
    assert_true(looks_like(scene, "PRR"));
    assert_true(scene->view->servers[1].slow_until_us == 0);
    /* The primary is drained: there is no primary then, and db1 remains a server that would take writes. */
    operate(scene, "db1", CLUSTER_DRAIN);
    assert_int_equal(scene->view->primary, VIEW_NO_SERVER);
    assert_true(scene->view->servers[0].is_contender);
    operate(scene, "db1", CLUSTER_ENABLE);
    assert_true(looks_like(scene, "PRR"));
    assert_false(cluster_operate(&scene->cluster, "db9", CLUSTER_DRAIN, &err));
    assert_string_equal(err.text, "cluster main has no server db9");
}

SCENE_TEST(an_order_given_before_the_first_view_holds)
{
    operate(scene, "db3", CLUSTER_DISABLE);
    settle(scene, "PRr");
    assert_int_equal(scene->view->servers[2].state, SERVER_DISABLED);
}

SETTLED_TEST(a_pause_is_published_and_remembered)
{
    assert_false(scene->view->is_paused);
    assert_true(cluster_set_paused(&scene->cluster, true, "by an operator"));
    assert_true(scene->view->is_paused);
    assert_false(cluster_set_paused(&scene->cluster, true, "by an operator"));
    assert_string_equal(last_event(scene)->is, "paused");
    unsigned views = scene->views;
    probe_thrice(scene);
    assert_true(scene->view->is_paused && scene->views == views);
    assert_true(cluster_set_paused(&scene->cluster, false, "by an operator"));
    assert_false(scene->view->is_paused);
}

SETTLED_TEST(events_tell_every_change_with_its_reason_and_how_long)
{
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dRR");
    assert_true(fake_open(&scene->fakes[0], scene->addresses[0]));
    turn_until_it_looks_like(scene, "PRR");
    static const struct {
        int server;
        const char *was, *is, *reason;
    } told[] = {
        { 0, "starting unknown", "up primary", "writable" },
        { 1, "starting unknown", "up replica", "replicates" },
        { 2, "starting unknown", "up replica", "replicates" },
        { EVENT_CLUSTER, "no primary", "primary db1", "db1: writable" },
        { 0, "up primary", "down unknown", "down: " },
        { EVENT_CLUSTER, "primary db1", "no primary", "db1: down" },
        { 0, "down unknown", "up primary", "writable" },
        { EVENT_CLUSTER, "no primary", "primary db1", "db1: writable" },
    };
    assert_int_equal(events_count(&scene->cluster.events), COUNT_OF(told));
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        const struct event *event = events_at(&scene->cluster.events, i);
        assert_row(event->server == told[i].server && strcmp(event->was, told[i].was) == 0 &&
                       strcmp(event->is, told[i].is) == 0 &&
                       strncmp(event->reason, told[i].reason, strlen(told[i].reason)) == 0,
                   "%zu: %d %s -> %s: %s", i, event->server, event->was, event->is, event->reason);
        assert_true(event->after_ms >= 0 && event->after_ms < 60000 && event->at_us > 1600000000000000);
    }
    const struct cluster_member *primary = &scene->cluster.members[0];
    assert_true(primary->changes == 2 && primary->probes > 5 && primary->probe_failures >= 3);
}

RUN_TESTS(NULL, NULL)
