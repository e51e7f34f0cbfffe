/* Documents: which reader gets which one, how often they are made, and what happens to readers when no answer
 * comes. */
#include "../net/net_test.h"

#include "http/document.h"

#include <string.h>

struct scene {
    struct loop loop;
    struct admin admin;
    struct document document;
    unsigned made;
    bool is_slow; /* `make` leaves it to the test to call document_done */
};

struct client {
    struct document_reader reader;
    unsigned status; /* 0: no answer yet */
    char body[64];
};

static struct scene *scene_of(struct document *document)
{
    return (struct scene *)(void *)((char *)document - offsetof(struct scene, document));
}

static void make_numbered(struct document *document)
{
    struct scene *scene = scene_of(document);
    (void)text_appendf(&document->body, "number %u", ++scene->made);
    if (!scene->is_slow)
        document_done(document, 200);
}

static const struct document_kind kind = { "/numbered", "text/plain", make_numbered };

static void on_ready(struct document_reader *reader, unsigned status, struct span body)
{
    struct client *mine = (struct client *)(void *)reader;
    assert_int_equal(mine->status, 0); /* called once only */
    mine->status = status;
    assert_true(span_copy_cstr(body, mine->body, sizeof mine->body));
}

static void open_scene(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->admin.loop = &scene->loop;
    document_init(&scene->document, &kind, &scene->admin);
}

static void close_scene(struct scene *scene)
{
    document_fini(&scene->document);
    close_loop(&scene->loop);
}

static void want(struct scene *scene, struct client *reader)
{
    memset(reader, 0, sizeof *reader);
    reader->reader.on_ready = on_ready;
    document_want(&scene->document, &reader->reader);
}

static void wait_for(struct scene *scene, const struct client *reader)
{
    while (reader->status == 0)
        turn(&scene->loop);
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, open_scene, close_scene, name)

SCENE_TEST(readers_that_wait_together_share_one)
{
    struct client readers[5];
    for (size_t i = 0; i < 5; i++)
        want(scene, &readers[i]);
    assert_int_equal(readers[0].status, 0); /* not called before document_want returns */
    for (size_t i = 0; i < 5; i++) {
        wait_for(scene, &readers[i]);
        assert_int_equal(readers[i].status, 200);
        assert_string_equal(readers[i].body, "number 1");
    }
}

SCENE_TEST(who_comes_while_one_is_made_reads_the_next)
{
    struct client first, second;
    scene->is_slow = true;
    want(scene, &first);
    while (scene->made == 0)
        turn(&scene->loop);
    want(scene, &second);
    document_done(&scene->document, 200);
    assert_string_equal(first.body, "number 1");
    assert_int_equal(second.status, 0);
    scene->is_slow = false;
    wait_for(scene, &second);
    assert_string_equal(second.body, "number 2");
}

SCENE_TEST(there_is_a_pause_from_one_to_the_next)
{
    struct client reader;
    for (unsigned i = 1; i <= 3; i++) {
        want(scene, &reader);
        uint64_t since_us = scene->loop.now_us - scene->document.began_us;
        double wait_us = ev_timer_remaining(scene->loop.ev, &scene->document.start.ev) * 1e6;
        assert_true(i == 1 || (double)since_us + wait_us > DOCUMENT_PAUSE_US - 1);
        wait_for(scene, &reader);
        assert_int_equal(scene->made, i);
    }
}

SCENE_TEST(who_has_left_hears_nothing)
{
    struct client stays, leaves, leaves_late;
    scene->is_slow = true;
    want(scene, &leaves);
    document_leave(&leaves.reader);
    document_leave(&leaves.reader); /* harmless */
    want(scene, &stays);
    want(scene, &leaves_late);
    while (scene->made == 0)
        turn(&scene->loop);
    document_leave(&leaves_late.reader);
    document_done(&scene->document, 200);
    assert_int_equal(stays.status, 200);
    assert_int_equal(leaves.status, 0);
    assert_int_equal(leaves_late.status, 0);
}

/* The deadline passes; the test does not wait for it. */
static void let_time_pass(struct scene *scene)
{
    assert_true(loop_timer_is_active(&scene->document.deadline));
    scene->document.deadline.fire(&scene->document.deadline);
    loop_timer_stop(&scene->document.deadline);
}

SCENE_TEST(what_does_not_come_is_said_after_a_while_and_may_still_come)
{
    struct client first, second, third;
    scene->is_slow = true;
    want(scene, &first);
    while (scene->made == 0)
        turn(&scene->loop);
    want(scene, &second);
    let_time_pass(scene);
    assert_int_equal(first.status, 503);
    assert_int_equal(second.status, 503);
    want(scene, &third);
    turn_without_waiting(&scene->loop);
    assert_int_equal(scene->made, 1); /* never two at a time */
    scene->is_slow = false;
    document_done(&scene->document, 200); /* the late answer, which no reader waits for */
    wait_for(scene, &third);
    assert_int_equal(third.status, 200);
    assert_string_equal(third.body, "number 2");
}

TEST(at_the_end_everybody_hears_it)
{
    struct scene scene;
    struct client served, waiting;
    open_scene(&scene);
    scene.is_slow = true;
    want(&scene, &served);
    while (scene.made == 0)
        turn(&scene.loop);
    want(&scene, &waiting);
    close_scene(&scene);
    assert_int_equal(served.status, 503);
    assert_int_equal(waiting.status, 503);
}

SCENE_TEST(without_memory_it_is_said)
{
    struct client reader;
    want(scene, &reader);
    mem_fail_after(0);
    wait_for(scene, &reader);
    mem_fail_after(-1);
    assert_int_equal(reader.status, 503);
}

RUN_TESTS(NULL, NULL)
