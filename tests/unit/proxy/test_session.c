/* A session before it has anybody to talk to. (With both ends: tests/wire.) */
#include "../net/net_test.h"

#include "base/log.h"
#include "mysql/packet.h"
#include "proxy/session.h"

struct scene {
    struct timeout_settings timeouts;
    struct listener_settings listener;
    struct world world;
    struct worker worker;
    struct door door;
};

static char name[] = "app";

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    scene->timeouts.primary_wait_us = 60000000;
    scene->listener.name = name;
    scene->door.settings = &scene->listener;
    scene->door.by_worker = door_counters_new(2);
    assert_non_null(scene->door.by_worker);
    scene->world = (struct world){ .timeouts = &scene->timeouts, .worker_count = 2, .cluster_count = 1 };
    assert_true(worker_init(&scene->worker, 0, &scene->world, &err));
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, -1);
}

static void close_scene(struct scene *scene)
{
    while (scene->worker.sessions.count > 0)
        session_abort(list_entry(list_first(&scene->worker.sessions), struct session, in_worker),
                      CLOSE_SHUTDOWN);
    assert_null(scene->worker.by_id);
    worker_fini(&scene->worker);
    door_counters_free(&scene->door.by_worker);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
}

/* A client comes, as the worker is told by mail. Its own end. */
static int arrive(struct scene *scene)
{
    static const struct addr peer = { .len = sizeof(sa_family_t), .u.any.sa_family = AF_UNIX };
    int ends[2];
    open_pair(ends);
    atomic_fetch_add(&scene->worker.session_count, 1);
    session_open(&scene->worker, ends[1], &peer, &scene->door);
    return ends[0];
}

/* Whichever allocation fails, the client is turned away and the others stay: also the table's first ones, and
 * those in between that have it grow. */
static void without_memory_a_client_is_turned_away_and_nothing_is_left(void **state)
{
    (void)state;
    enum { CLIENTS = 200 };
    int fds[CLIENTS];
    unsigned turned_away = 0;
    struct scene scene;
    open_scene(&scene);
    for (unsigned i = 0; i < CLIENTS; i++)
        for (long fail_at = 0; scene.worker.sessions.count == i; fail_at++) {
            unsigned before = open_descriptors();
            uint64_t next_id = scene.worker.next_id;
            mem_fail_after(fail_at);
            fds[i] = arrive(&scene);
            mem_fail_after(-1);
            assert_int_equal(atomic_load(&scene.worker.session_count), scene.worker.sessions.count);
            assert_int_equal(HASH_COUNT(scene.worker.by_id), scene.worker.sessions.count);
            if (scene.worker.sessions.count > i)
                break;
            char byte;
            assert_int_equal(recv(fds[i], &byte, 1, 0), 0); /* it learns at once */
            (void)close(fds[i]);
            assert_int_equal(open_descriptors(), before);
            assert_true(scene.worker.next_id == next_id);
            turned_away++;
        }
    assert_true(turned_away > CLIENTS + 2); /* the session, the table twice, and its growth */
    for (uint64_t id = SESSION_ID_FIRST; id < SESSION_ID_FIRST + 2 * CLIENTS; id += 2) {
        struct session *session;
        HASH_FIND(hh, scene.worker.by_id, &id, sizeof id, session);
        assert_non_null(session);
    }
    close_scene(&scene);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
}

/* No server is known in time. Without memory for these words, the client hears nothing rather than a part. */
static void an_answer_without_memory_is_not_sent_in_part(void **state)
{
    (void)state;
    unsigned silent = 0;
    size_t len = 0;
    for (long fail_at = 0; len == 0; fail_at++) {
        struct scene scene;
        uint8_t bytes[256];
        open_scene(&scene);
        scene.timeouts.primary_wait_us = 1000;
        int fd = arrive(&scene);
        mem_fail_after(fail_at);
        ssize_t got;
        while ((got = recv(fd, bytes, sizeof bytes, 0)) < 0 && errno == EAGAIN)
            turn(&scene.worker.loop);
        mem_fail_after(-1);
        assert_true(got >= 0);
        len = (size_t)got;
        silent += len == 0;
        if (len == 0)
            assert_int_equal(scene.worker.sessions.count, 0); /* and is gone at once */
        else
            assert_int_equal(len, PACKET_HEADER_BYTES + bytes[0]);
        close_scene(&scene);
        (void)close(fd);
    }
    assert_true(silent >= 2); /* the text, and its growth */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_a_client_is_turned_away_and_nothing_is_left),
        cmocka_unit_test(an_answer_without_memory_is_not_sent_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
