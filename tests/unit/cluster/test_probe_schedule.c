/* The effects of a server's answers, of its silence and of sessions' failures: a whole cluster is probed over
 * loopback. */
#include "cluster_scene.h"

SCENE_TEST(a_probe_keeps_its_connection)
{
    start(scene);
    for (unsigned i = 0; i < SERVERS; i++)
        scene->cluster.members[i].probe.renew_us = UINT64_MAX; /* beyond the end of this test */
    turn_until_it_looks_like(scene, "PRR");
    while (scene->view->catalog == NULL)
        turn(&scene->loop);
    probe_thrice(scene);
    for (unsigned i = 0; i < SERVERS; i++) {
        unsigned surveys = i == 0; /* surveys of stored code go to the primary */
        assert_true(counter_read(&scene->cluster.members[i].server->by_worker[PROBES].connects) ==
                    1 + surveys);
        assert_true(counter_read(&scene->cluster.members[i].server->by_worker[PROBES].connections_active) ==
                    0);
    }
    /* A server may close the probe's connection between probes: that is no failure. */
    while (scene->cluster.members[0].probe.is_running)
        turn(&scene->loop);
    unsigned views = scene->views;
    hang_up_all(&scene->fakes[0]);
    probe_thrice(scene);
    assert_true(looks_like(scene, "PRR"));
    assert_int_equal(scene->views, views);
}

SETTLED_TEST(a_server_that_goes_is_down_after_its_falls_and_up_after_its_rises)
{
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dRR");
    assert_int_equal(scene->view->primary, VIEW_NO_SERVER);
    assert_non_null(strstr(scene->view->servers[0].detail, "Connection refused"));
    assert_true(fake_open(&scene->fakes[0], scene->addresses[0]));
    turn_until_it_looks_like(scene, "PRR");
    assert_string_equal(scene->view->servers[0].detail, "");
}

/* Another process answers on the next connection: connections of the former process are lost. */
SCENE_TEST(a_server_that_has_restarted_loses_the_connections_from_before)
{
    scene->fakes[0].started_s = 1000;
    scene->fakes[0].uptime_s = 3600;
    settle(scene, "PRR");
    const struct cluster_member *primary = &scene->cluster.members[0];
    assert_int_equal(scene->view->servers[0].lost_us, 0);
    uint64_t lived_us = primary->last.answered_us;
    uint64_t moves = scene->view->servers[0].moves;
    scene->fakes[0].started_s = 5000;
    scene->fakes[0].uptime_s = 0;
    hang_up_all(&scene->fakes[0]);
    while (scene->view->servers[0].lost_us == 0)
        turn(&scene->loop);
    assert_true(scene->view->servers[0].lost_us >= lived_us);
    assert_true(scene->view->servers[0].lost_us <= scene->loop.now_us);
    assert_true(looks_like(scene, "PRR"));
    assert_int_equal(scene->view->servers[0].moves, moves);
    assert_non_null(find_event(scene, "running", "restarted"));
    uint64_t lost_us = scene->view->servers[0].lost_us;
    hang_up_all(&scene->fakes[0]); /* the same process answers on another connection */
    probe_thrice(scene);
    assert_int_equal(scene->view->servers[0].lost_us, lost_us);
}

/* A clock that is set changes the present time and the uptime alike. A server that refuses to tell its uptime
 * has not restarted. A server that tells it again afterwards has not restarted either. */
SCENE_TEST(a_server_that_runs_on_has_not_restarted)
{
    scene->fakes[0].started_s = 1000;
    scene->fakes[0].uptime_s = 3600;
    settle(scene, "PRR");
    static const struct {
        unsigned started_s, uptime_s;
    } rows[] = { { 1000, 7200 }, { 1000, 5 }, { 0, 0 }, { 1000, 5 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        scene->fakes[0].started_s = rows[i].started_s;
        scene->fakes[0].uptime_s = rows[i].uptime_s;
        hang_up_all(&scene->fakes[0]);
        probe_thrice(scene);
        assert_int_equal(scene->view->servers[0].lost_us, 0);
    }
}

/* A stopped process still accepts connections: only the deadline shows it. */
SCENE_TEST(a_silent_server_is_down)
{
    scene->settings.monitor.timeout_us = 30000;
    settle(scene, "PRR");
    scene->fakes[1].is_silent = true;
    turn_until_it_looks_like(scene, "PdR");
    scene->fakes[1].is_silent = false;
    turn_until_it_looks_like(scene, "PRR");
}

SETTLED_TEST(a_server_without_room_is_not_dead)
{
    scene->fakes[0].is_full = true;
    hang_up_all(&scene->fakes[0]);
    const counter *refused = &scene->cluster.members[0].server->by_worker[PROBES].refusals;
    while (counter_read(refused) < 6)
        turn(&scene->loop);
    assert_true(looks_like(scene, "PRR"));
    assert_non_null(strstr(scene->view->servers[0].detail, "Too many connections"));
}

static void fail_probes(struct scene *scene, unsigned server, unsigned count)
{
    const struct cluster_member *member = &scene->cluster.members[server];
    uint64_t until = member->probe_failures + count;
    while (member->probe_failures < until)
        turn(&scene->loop);
}

SCENE_TEST(a_server_that_answers_a_part_of_the_probe_is_not_dead)
{
    scene->settings.monitor.timeout_us = 100000;
    settle(scene, "PRR");
    scene->fakes[1].hides_replication = true;
    fail_probes(scene, 1, 5);
    assert_true(looks_like(scene, "PRR"));
    assert_string_equal(scene->view->servers[1].detail,
                        "overloaded: no answer to SHOW REPLICA STATUS within the probe's timeout");
    scene->fakes[1].is_silent = true;
    turn_until_it_looks_like(scene, "PdR");
}

/* A server that answers no probes stays up while sessions get answers, and is down when no session gets one.
 */
SCENE_TEST(a_server_that_answers_sessions_is_not_dead)
{
    scene->settings.monitor.timeout_us = 100000;
    settle(scene, "PRR");
    const struct cluster_member *member = &scene->cluster.members[0];
    scene->fakes[0].is_silent = true;
    for (uint64_t until = member->probe_failures + 5; member->probe_failures < until;) {
        counter_add(&member->server->by_worker[SESSIONS].queries, 1);
        turn(&scene->loop);
    }
    assert_true(looks_like(scene, "PRR"));
    assert_non_null(strstr(scene->view->servers[0].detail, "but sessions have been answered"));
    turn_until_it_looks_like(scene, "dRR");
}

SETTLED_TEST(overload_is_told_when_it_begins_and_when_it_is_over)
{
    scene->fakes[0].is_full = true;
    hang_up_all(&scene->fakes[0]);
    fail_probes(scene, 0, 3);
    assert_string_equal(last_of(scene, 0)->is, "overloaded");
    assert_string_equal(last_of(scene, 0)->reason, "overloaded: 1040 Too many connections");
    uint64_t told = scene->cluster.events.total;
    fail_probes(scene, 0, 2);
    assert_int_equal(scene->cluster.events.total, told);
    scene->fakes[0].is_full = false;
    while (scene->cluster.events.total == told)
        turn(&scene->loop);
    assert_string_equal(last_of(scene, 0)->was, "overloaded");
    assert_string_equal(last_of(scene, 0)->is, "has room");
}

SETTLED_TEST(a_full_server_that_refuses_writes_is_not_believed_any_more)
{
    scene->fakes[0].is_full = true;
    hang_up_all(&scene->fakes[0]);
    fail_probes(scene, 0, 5);
    assert_true(looks_like(scene, "PRR"));
    counter_add(&scene->cluster.members[0].server->by_worker[SESSIONS].demotions, 1);
    turn_until_it_looks_like(scene, "dRR");
}

/* ---- failures of sessions ---- */

TEST(trouble_has_the_server_asked_at_once_and_no_other)
{
    struct scene scene;
    open_lazy_scene(&scene);
    unsigned others = scene.fakes[0].queries + scene.fakes[2].queries, its = scene.fakes[1].queries;
    counter_add(&sessions_of(&scene, 1)->drops, 1);
    counter_add(&sessions_of(&scene, 0)->queries, 1000);
    counter_add(&sessions_of(&scene, 0)->refusals, 10); /* a refusal is an answer: the server is there */
    cluster_note_trouble(&scene.cluster);
    scene.fakes[1].is_stopped = true;
    turn_until_it_looks_like(&scene, "PrR");
    assert_int_equal(scene.fakes[1].queries, its + 2);
    assert_int_equal(scene.fakes[0].queries + scene.fakes[2].queries, others);
    /* The same failures do not count twice. */
    cluster_note_trouble(&scene.cluster);
    turn_without_waiting(&scene.loop);
    assert_false(scene.cluster.members[1].probe.is_running);
    close_scene(&scene);
}

SCENE_TEST(replicas_that_fail_sessions_are_left_alone_for_a_while)
{
    scene->settings.ejection =
        (struct ejection_settings){ .failures = 5, .base_us = 20000, .max_us = 50000, .max_share = 50 };
    scene->settings.slow_start_us = 7000;
    settle(scene, "PRR");
    counter_add(&sessions_of(scene, 0)->losses, 50); /* the primary is never ejected */
    cluster_note_trouble(&scene->cluster);
    assert_true(looks_like(scene, "PRR"));
    for (unsigned i = 0; i < SERVERS; i++)
        counter_add(&sessions_of(scene, i)->losses, 2);
    cluster_note_trouble(&scene->cluster);
    for (unsigned i = 0; i < SERVERS; i++) { /* a successful login does not count as a success */
        counter_add(&sessions_of(scene, i)->connect_failures, 2);
        counter_add(&sessions_of(scene, i)->connects, 2);
    }
    counter_add(&sessions_of(scene, 1)->connect_failures, 1);
    cluster_note_trouble(&scene->cluster);
    assert_true(looks_like(scene, "PrR"));
    assert_int_equal(scene->view->servers[1].state, SERVER_EJECTED);
    uint64_t begun = scene->loop.now_us;
    /* No second server is ejected at the same time: half of three servers, rounded down, is one. */
    for (unsigned i = 0; i < SERVERS; i++)
        counter_add(&sessions_of(scene, i)->losses, 50);
    cluster_note_trouble(&scene->cluster);
    assert_true(looks_like(scene, "PrR"));
    assert_string_equal(last_event(scene)->was, "up replica");
    assert_string_equal(last_event(scene)->is, "ejected replica");
    turn_until_it_looks_like(scene, "PRR");
    assert_true(scene->loop.now_us - begun >= 16000);
    assert_true(scene->view->servers[1].slow_from_us >= begun + 16000);
    assert_true(scene->view->servers[1].slow_until_us == scene->view->servers[1].slow_from_us + 7000);
    assert_true(scene->view->servers[2].slow_until_us == 0);
    assert_true(scene->cluster.members[1].ejections == 1 && scene->cluster.members[1].changes == 2);
    assert_true(scene->cluster.members[0].ejections + scene->cluster.members[2].ejections == 0);
}

TEST(an_ejected_replica_that_is_promoted_is_pardoned)
{
    struct scene scene;
    open_lazy_scene(&scene);
    scene.settings.ejection = (struct ejection_settings){
        .failures = 1, .base_us = 3600000000, .max_us = 3600000000, .max_share = 50
    };
    counter_add(&sessions_of(&scene, 1)->losses, 1);
    cluster_note_trouble(&scene.cluster);
    assert_int_equal(scene.view->servers[1].state, SERVER_EJECTED);
    scene.fakes[0].is_writable = false;
    scene.fakes[1].is_writable = true;
    scene.fakes[1].is_replica = false;
    turn_until_it_looks_like(&scene, "?PR");
    assert_int_equal(scene.view->servers[1].state, SERVER_UP);
    close_scene(&scene);
}

/* The replica is up and takes no reads. The log has a warning with the server's own words, and a notice at
 * the end. */
SCENE_TEST(a_replica_whose_replication_stops_is_a_fault)
{
    char text[8192];
    keep_log(scene);
    settle(scene, "PRR");
    assert_int_equal(scene->view->servers[1].fault, REPLICATION_SOUND);
    scene->fakes[1].link_error = "Duplicate entry '7'";
    scene->fakes[1].is_stopped = true;
    turn_until_it_looks_like(scene, "PrR");
    assert_int_equal(scene->view->servers[1].state, SERVER_UP);
    assert_int_equal(scene->view->servers[1].fault, REPLICATION_STOPPED);
    assert_string_equal(scene->view->servers[1].reason, "replication is stopped");
    assert_non_null(strstr(scene->view->servers[1].detail, "db1 is up: Duplicate entry '7'"));
    read_log(scene, text, sizeof text);
    assert_non_null(strstr(text, "warning server db2"));
    assert_non_null(strstr(text, "replication is stopped: its link is stopped, though db1 is up: Duplicate"));
    scene->fakes[1].link_error = NULL;
    scene->fakes[1].is_stopped = false;
    turn_until_it_looks_like(scene, "PRR");
    assert_int_equal(scene->view->servers[1].fault, REPLICATION_SOUND);
    assert_non_null(find_event(scene, "up replica, no reads", "up replica"));
}

/* The replica cannot reach its source, which is up. It takes reads until it is too far behind. When the
 * source is down as well, the replica is not at fault. */
SETTLED_TEST(a_replica_that_is_cut_off_is_a_fault_while_its_source_is_up)
{
    scene->fakes[1].is_link_broken = true;
    while (scene->view->servers[1].fault != REPLICATION_CUT_OFF)
        turn(&scene->loop);
    assert_true(looks_like(scene, "PRR"));
    assert_string_equal(scene->view->servers[1].reason, "cut off from its source");
    assert_non_null(find_event(scene, "up replica", "up replica, cut off"));
    fake_close(&scene->fakes[0]);
    while (scene->view->servers[1].fault != REPLICATION_SOUND)
        turn(&scene->loop);
    turn_until_it_looks_like(scene, "dRR");
}

/* With configured roles, reads would otherwise stay on the stopped replica for ever. */
SCENE_TEST(a_replica_that_is_stopped_is_behind_since_then)
{
    scene->settings.topology = TOPOLOGY_STATIC;
    scene->settings.max_lag_us = 10000;
    scene->servers[0].role = ROLE_SETTING_PRIMARY;
    scene->servers[1].role = scene->servers[2].role = ROLE_SETTING_REPLICA;
    for (unsigned i = 0; i < SERVERS; i++) {
        scene->fakes[i].lag_s = 0;
        scene->cluster.members[i].server->role_setting = (enum role_setting)scene->servers[i].role;
    }
    settle(scene, "PRR");
    scene->fakes[1].is_stopped = true;
    scene->fakes[1].hides_lag = true;
    turn_until_it_looks_like(scene, "PrR");
    assert_int_equal(scene->view->servers[1].state, SERVER_LAGGING);
    assert_string_equal(scene->view->servers[1].reason, "replication is stopped");
    scene->fakes[1].is_stopped = scene->fakes[1].hides_lag = false;
    turn_until_it_looks_like(scene, "PRR");
}

/* The replica was stopped for so long that it was lagging, and then becomes writable: it is no longer behind.
 */
SCENE_TEST(a_stopped_replica_that_is_promoted_is_behind_nobody)
{
    scene->settings.max_lag_us = 10000;
    for (unsigned i = 0; i < SERVERS; i++)
        scene->fakes[i].lag_s = 0;
    settle(scene, "PRR");
    scene->fakes[1].is_link_stopped = scene->fakes[1].hides_lag = true;
    while (scene->view->servers[1].state != SERVER_LAGGING)
        turn(&scene->loop);
    fake_close(&scene->fakes[0]);
    scene->fakes[1].is_writable = true;
    scene->fakes[2].source = 2;
    turn_until_it_looks_like(scene, "dPR");
    while (scene->view->servers[1].state != SERVER_UP)
        turn(&scene->loop);
    assert_int_equal(scene->view->servers[1].fault, REPLICATION_SOUND);
}

SCENE_TEST(a_replica_too_far_behind_takes_no_reads_until_it_is_well_back)
{
    scene->settings.max_lag_us = 10000000;
    scene->fakes[0].is_replica = false;
    settle(scene, "PRR");
    scene->fakes[1].lag_s = 11;
    turn_until_it_looks_like(scene, "PrR");
    assert_int_equal(scene->view->servers[1].state, SERVER_LAGGING);
    assert_string_equal(scene->view->servers[1].reason, "too far behind its source");
    scene->fakes[1].is_stopped = true; /* the reason why it does not catch up */
    while (strcmp(scene->view->servers[1].reason, "replication is stopped") != 0)
        turn(&scene->loop);
    scene->fakes[1].is_stopped = false;
    scene->fakes[1].lag_s = 6;
    probe_thrice(scene);
    assert_true(looks_like(scene, "PrR"));
    assert_true(scene->view->servers[1].lag_ms == 6000);
    scene->fakes[1].lag_s = 5;
    turn_until_it_looks_like(scene, "PRR");
    /* A promoted server is no longer behind. */
    scene->fakes[1].lag_s = 100;
    turn_until_it_looks_like(scene, "PrR");
    fake_close(&scene->fakes[0]);
    scene->fakes[1].is_replica = false;
    scene->fakes[1].is_writable = true;
    turn_until_it_looks_like(scene, "dPR");
    assert_int_equal(scene->view->servers[1].state, SERVER_UP);
}

/* ---- when to probe ---- */

SCENE_TEST(a_failure_that_is_not_yet_believed_is_looked_at_again_soon)
{
    scene->settings.monitor.interval_us = 2000000;
    scene->settings.monitor.fall = 2;
    settle(scene, "PRR");
    fake_close(&scene->fakes[1]);
    counter_add(&sessions_of(scene, 1)->connect_failures, 1);
    cluster_note_trouble(&scene->cluster);
    uint64_t begun = scene->loop.now_us;
    turn_until_it_looks_like(scene, "PdR");
    uint64_t took_us = scene->loop.now_us - begun;
    assert_row(took_us >= 400000 && took_us < 1500000, "%llu us", (unsigned long long)took_us);
}

/* An operator promotes a replica; the probe of one server is the first to notice. */
TEST(when_roles_move_everybody_is_asked_at_once)
{
    for (unsigned first = 0; first < SERVERS; first++) {
        struct scene scene;
        open_lazy_scene(&scene);
        scene.fakes[0].is_writable = false;
        scene.fakes[0].is_replica = scene.fakes[1].is_writable = true;
        scene.fakes[1].is_replica = false;
        scene.fakes[0].source = scene.fakes[2].source = 2;
        counter_add(&sessions_of(&scene, first)->drops, 1);
        cluster_note_trouble(&scene.cluster);
        turn_until_it_looks_like(&scene, "RPR");
        close_scene(&scene);
    }
}

TEST(a_primary_that_fails_once_has_the_others_asked)
{
    struct scene scene;
    open_lazy_scene(&scene);
    unsigned before = scene.fakes[1].queries + scene.fakes[2].queries;
    fake_close(&scene.fakes[0]);
    counter_add(&sessions_of(&scene, 0)->losses, 1);
    cluster_note_trouble(&scene.cluster);
    while (scene.fakes[1].queries + scene.fakes[2].queries < before + 4)
        turn(&scene.loop);
    assert_true(looks_like(&scene, "PRR")); /* a server is down only after three failures */
    close_scene(&scene);
}

/* ---- the machine that answers ---- */

/* Connections to the former machine are left: `moves` is incremented. Once all workers know, the server is
 * probed once more. */
SETTLED_TEST(another_machine_at_the_address_is_told)
{
    size_t before = events_count(&scene->cluster.events);
    scene->fakes[1].server_id = 12;
    while (scene->view->servers[1].moves == 0)
        turn(&scene->loop);
    const struct event *event = events_at(&scene->cluster.events, before);
    assert_string_equal(event->was, "server_id 2");
    assert_string_equal(event->is, "server_id 12");
    assert_int_equal(event->server, 1);
    turn_until_it_looks_like(scene, "PRR");
    probe_thrice(scene);
    assert_true(scene->view->servers[1].moves == 1);
    before = events_count(&scene->cluster.events);
    scene->fakes[1].is_mariadb = true;
    hang_up_all(&scene->fakes[1]);
    turn_until_it_looks_like(scene, "P?R");
    event = events_at(&scene->cluster.events, before);
    assert_string_equal(event->is, "5.5.5-10.11.6-MariaDB");
    assert_string_equal(event->reason, "a server of another family answers at this address");
}

/* The probe's connection stays with the old machine, as through a NAT whose target was changed. */
SETTLED_TEST(a_machine_that_only_new_connections_reach_is_found)
{
    struct fake another;
    char address[ADDR_TEXT_MAX];
    acceptor_close(&scene->fakes[0].acceptor);
    open_another(scene, &another, scene->addresses[0], address);
    another.is_writable = true;
    another.source = 0;
    scene->cluster.members[0].probe.renew_us = 0;
    while (scene->view->servers[0].moves == 0)
        turn(&scene->loop);
    assert_int_equal(scene->view->primary, VIEW_NO_SERVER); /* all workers give up the old primary first */
    turn_until_it_looks_like(scene, "PRR");
    assert_non_null(find_event(scene, "server_id 1", "server_id 9"));
    while (scene->fakes[0].callers.count > 0)
        turn(&scene->loop);
    fake_close(&another);
}

/* A server without room for new connections is probed over the old one. */
SETTLED_TEST(the_old_connection_is_kept_until_there_is_a_new_one)
{
    scene->fakes[1].is_full = true;
    scene->cluster.members[1].probe.renew_us = 0;
    probe_thrice(scene);
    probe_thrice(scene);
    scene->fakes[1].is_stopped = true; /* its answers over the old connection count */
    turn_until_it_looks_like(scene, "PrR");
    assert_true(scene->cluster.members[1].probe_failures == 0 && scene->view->servers[1].moves == 0);
}

RUN_TESTS(NULL, NULL)
