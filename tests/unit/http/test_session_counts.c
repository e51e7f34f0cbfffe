/* The session counts, and /health/live, which is made from them: the effect of a worker that is stuck. */
#include "../net/net_test.h"

#include "http/session_counts.h"
#include "http/document.h"
#include "http/ready.h"
#include "frontend/driver.h"
#include "frontend/worker_thread.h"

#include <string.h>

struct scene {
    struct loop loop; /* the control thread's; the workers' loops turn when the test says so */
    struct timeout_settings timeouts;
    struct worker workers[2];
    struct worker *list[2];
    struct world world;
    struct admin admin;
    struct document live;
};

static const struct document_kind kind = { "/health/live", "application/json", ready_make_live };

struct client {
    struct document_reader reader;
    unsigned status;
    char body[128];
};

static void on_ready(struct document_reader *reader, unsigned status, struct span body)
{
    struct client *mine = (struct client *)(void *)reader;
    mine->status = status;
    assert_true(span_copy_cstr(body, mine->body, sizeof mine->body));
}

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->world = (struct world){ .timeouts = &scene->timeouts, .workers = scene->list, .worker_count = 2 };
    for (unsigned i = 0; i < 2; i++) {
        assert_true(worker_init(&scene->workers[i], i, &scene->world, &session_driver, &err));
        scene->list[i] = &scene->workers[i];
    }
    scene->admin = (struct admin){ .loop = &scene->loop, .world = &scene->world };
    document_init(&scene->live, &kind, &scene->admin);
    session_counts_init(&scene->live.counts, &scene->admin, ready_note_counts, &scene->live);
}

static void close_scene(struct scene *scene)
{
    loop_close_mail(&scene->loop);
    session_counts_stop(&scene->live.counts);
    document_fini(&scene->live);
    for (unsigned i = 0; i < 2; i++)
        worker_fini(&scene->workers[i]);
    close_loop(&scene->loop);
}

/* Starts a reader's request for the counts. */
static void ask(struct scene *scene, struct client *reader)
{
    *reader = (struct client){ .reader.on_ready = on_ready };
    document_want(&scene->live, &reader->reader);
    while (!scene->live.counts.is_wanted)
        turn(&scene->loop);
}

/* The deadline passes; the test does not wait for it. */
static void let_time_pass(struct scene *scene)
{
    struct loop_timer *deadline = &scene->live.counts.deadline;
    assert_true(loop_timer_is_active(deadline));
    deadline->fire(deadline);
}

TEST(while_all_workers_turn_it_lives)
{
    struct scene scene;
    struct client reader;
    open_scene(&scene);
    ask(&scene, &reader);
    turn(&scene.workers[0].loop);
    turn(&scene.workers[1].loop);
    turn(&scene.loop);
    assert_int_equal(reader.status, 200);
    assert_string_equal(reader.body, "{\"live\":true,\"problem\":null}\n");
    close_scene(&scene);
}

TEST(a_worker_that_is_stuck_is_named_and_forgiven_when_it_turns_again)
{
    struct scene scene;
    struct client reader;
    open_scene(&scene);
    ask(&scene, &reader);
    turn(&scene.workers[0].loop);
    let_time_pass(&scene);
    assert_int_equal(reader.status, 503);
    assert_string_equal(reader.body,
                        "{\"live\":false,\"problem\":\"worker 1 has not answered for 5000 ms\"}\n");
    ask(&scene, &reader); /* the first request is still under way: no second one is sent */
    let_time_pass(&scene);
    assert_int_equal(reader.status, 503);
    turn(&scene.workers[1].loop);
    turn(&scene.loop); /* the late answer, which no reader waits for */
    assert_false(scene.live.counts.is_travelling);
    ask(&scene, &reader);
    turn(&scene.workers[0].loop);
    turn(&scene.workers[1].loop);
    turn(&scene.loop);
    assert_int_equal(reader.status, 200);
    close_scene(&scene);
}

TEST(without_memory_nobody_is_called_alive)
{
    struct scene scene;
    struct client reader = { .reader.on_ready = on_ready };
    open_scene(&scene);
    document_want(&scene.live, &reader.reader);
    mem_fail_after(0);
    while (reader.status == 0)
        turn(&scene.loop);
    mem_fail_after(-1);
    assert_int_equal(reader.status, 503);
    assert_string_equal(reader.body, "{\"live\":false,\"problem\":\"out of memory\"}\n");
    close_scene(&scene);
}

RUN_TESTS(NULL, NULL)
