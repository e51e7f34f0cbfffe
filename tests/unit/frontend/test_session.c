/* A session that has no server yet. (With client and server: tests/wire.) */
#include "../net/net_test.h"

#include "base/log.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "frontend/driver.h"
#include "frontend/worker_thread.h"

struct scene {
    struct timeout_settings timeouts;
    struct listener_settings settings;
    struct world world;
    struct worker worker;
    struct listener listener;
};

static char name[] = "app";

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    scene->timeouts.primary_wait_us = 60000000;
    scene->settings.name = name;
    scene->listener.settings = &scene->settings;
    scene->listener.by_worker = listener_counters_new(2);
    assert_non_null(scene->listener.by_worker);
    scene->world = (struct world){ .timeouts = &scene->timeouts, .worker_count = 2, .cluster_count = 1 };
    assert_true(worker_init(&scene->worker, 0, &scene->world, &session_driver, &err));
    log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, -1);
}

static void close_scene(struct scene *scene)
{
    while (scene->worker.sessions.count > 0)
        session_abort(list_entry(list_first(&scene->worker.sessions), struct session, in_worker),
                      CLOSE_SHUTDOWN);
    assert_null(scene->worker.by_id);
    worker_fini(&scene->worker);
    listener_counters_free(&scene->listener.by_worker);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
}

/* A client connects; the worker learns of it by a message, as in production. Returns the client's end. */
static int arrive(struct scene *scene)
{
    static const struct addr peer = { .len = sizeof(sa_family_t), .u.any.sa_family = AF_UNIX };
    int ends[2];
    open_pair(ends);
    atomic_fetch_add(&scene->worker.session_count, 1);
    session_driver.open(&scene->worker, ends[1], &peer, &scene->listener);
    return ends[0];
}

/* The client gets a complete ER_OUT_OF_RESOURCES at once, then the end of the connection. */
static void hear_no_memory(int fd)
{
    uint8_t bytes[REPLY_EARLY_ERR_MAX + 1];
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    assert_true(got > PACKET_HEADER_BYTES + 3);
    assert_int_equal(got, PACKET_HEADER_BYTES + bytes[0]);
    assert_int_equal(bytes[PACKET_HEADER_BYTES], 0xff);
    assert_int_equal(bytes[PACKET_HEADER_BYTES + 1] | bytes[PACKET_HEADER_BYTES + 2] << 8,
                     ERR_OUT_OF_RESOURCES);
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), 0);
}

/* Whichever allocation fails, the client is turned away and the others stay: also the first allocations of
 * the table, and those in between that enlarge it. */
TEST(without_memory_a_client_is_turned_away_and_nothing_is_left)
{
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
            hear_no_memory(fds[i]);
            (void)close(fds[i]);
            assert_int_equal(open_descriptors(), before);
            assert_true(scene.worker.next_id == next_id);
            turned_away++;
        }
    assert_true(turned_away > CLIENTS + 2); /* the session; the table's two arrays; its growth */
    for (uint64_t id = SESSION_ID_FIRST; id < SESSION_ID_FIRST + 2 * CLIENTS; id += 2) {
        struct session *session;
        HASH_FIND(hh, scene.worker.by_id, &id, sizeof id, session);
        assert_non_null(session);
    }
    close_scene(&scene);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
}

/* Returns the resident memory of this process in bytes. */
static size_t resident(void)
{
    unsigned long all = 0, here = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%lu %lu", &all, &here), 2);
    (void)fclose(statm);
    return here * (size_t)sysconf(_SC_PAGESIZE);
}

/* All clients leave in one turn of the loop; their memory is freed at its end. */
TEST(the_memory_of_a_crowd_that_goes_at_once_is_given_back)
{
    enum { CLIENTS = 400 };
    int fds[CLIENTS];
    struct scene scene;
    open_scene(&scene);
    for (unsigned i = 0; i < CLIENTS; i++)
        fds[i] = arrive(&scene);
    assert_int_equal(scene.worker.sessions.count, CLIENTS);
    size_t with_all = resident();
    while (scene.worker.sessions.count > 0)
        session_abort(list_entry(list_first(&scene.worker.sessions), struct session, in_worker),
                      CLOSE_SHUTDOWN);
    assert_int_equal(scene.worker.bodies, CLIENTS);
    turn_without_waiting(&scene.worker.loop);
    assert_int_equal(scene.worker.bodies, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* these sanitizers keep freed memory */
    assert_true(resident() + CLIENTS * sizeof(struct session) / 2 < with_all);
#else
    (void)with_all;
#endif
    close_scene(&scene);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
}

/* No server becomes available in time. When there is no memory for the error, the client gets nothing rather
 * than a part. */
TEST(an_answer_without_memory_is_not_sent_in_part)
{
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
            assert_int_equal(scene.worker.sessions.count, 0); /* the session has ended at once */
        else
            assert_int_equal(len, PACKET_HEADER_BYTES + bytes[0]);
        close_scene(&scene);
        (void)close(fd);
    }
    assert_true(silent >= 2); /* the text and its growth */
}

RUN_TESTS(NULL, NULL)
