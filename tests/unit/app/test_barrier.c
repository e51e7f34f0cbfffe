/* Two workers never use different primaries, whatever the order of events, and the last view arrives. */
#include "../base/unit.h"

#include "app/barrier.h"

#include "base/log.h"
#include "base/mem.h"

#include <sys/mman.h>
#include <unistd.h>

enum { WORKERS = 3, SERVERS = 3 };

/* The views that were sent to the workers of a scene, and the views that they use. A newer view replaces one
 * that was not taken yet. */
struct scene {
    struct loop loop;
    struct barrier barrier;
    struct view *sent[WORKERS];  /* one reference; NULL: no view is under way */
    struct view *taken[WORKERS]; /* one reference */
    uint64_t numbers[WORKERS];
    unsigned published;
};

static struct server servers[SERVERS];
static uint64_t moves; /* the address changes of all servers together */

static void publish(void *owner, struct view *view)
{
    struct scene *scene = owner;
    scene->published++;
    for (int i = 0; i < WORKERS; i++) {
        view_release(&scene->sent[i]);
        scene->sent[i] = view_acquire(view);
    }
}

static int find_late(void *owner, unsigned cluster, uint64_t number)
{
    const struct scene *scene = owner;
    assert_int_equal(cluster, 7);
    for (int i = 0; i < WORKERS; i++)
        if (scene->numbers[i] < number)
            return i;
    return -1;
}

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    *scene = (struct scene){ 0 };
    moves = 0;
    assert_true(loop_init(&scene->loop, &err));
    barrier_init(&scene->barrier, &scene->loop, publish, find_late, scene);
}

static void close_scene(struct scene *scene)
{
    for (int i = 0; i < WORKERS; i++) {
        view_release(&scene->sent[i]);
        view_release(&scene->taken[i]);
    }
    barrier_fini(&scene->barrier);
    loop_fini(&scene->loop);
}

static void say(struct scene *scene, int primary)
{
    struct view *view = view_new(SERVERS);
    assert_non_null(view);
    view->cluster_name = "main";
    view->cluster_index = 7;
    view->primary = primary;
    for (int i = 0; i < SERVERS; i++)
        view->servers[i] = (struct view_server){ .server = &servers[i], .moves = moves };
    barrier_pass(&scene->barrier, view);
    view_release(&view);
}

static void take(struct scene *scene, int worker)
{
    if (scene->sent[worker] == NULL)
        return;
    view_release(&scene->taken[worker]);
    scene->taken[worker] = scene->sent[worker];
    scene->sent[worker] = NULL;
    scene->numbers[worker] = scene->taken[worker]->number;
    barrier_go_on(&scene->barrier);
}

static int primary_of(const struct scene *scene, int worker)
{
    return scene->taken[worker] != NULL ? scene->taken[worker]->primary : VIEW_NO_SERVER;
}

static void expect_one_primary_at_most(const struct scene *scene)
{
    int found = VIEW_NO_SERVER;
    uint64_t found_moves = 0;
    for (int i = 0; i < WORKERS; i++) {
        int primary = primary_of(scene, i);
        if (primary == VIEW_NO_SERVER)
            continue;
        assert_true(found == VIEW_NO_SERVER || found == primary);
        assert_true(found == VIEW_NO_SERVER || found_moves == scene->taken[i]->servers[primary].moves);
        found = primary;
        found_moves = scene->taken[i]->servers[primary].moves;
    }
}

static void take_all(struct scene *scene)
{
    for (int i = 0; i < WORKERS; i++)
        take(scene, i);
}

TEST(the_new_primary_waits_until_nobody_goes_by_the_old_one)
{
    struct scene scene;
    open_scene(&scene);
    say(&scene, 0);
    take_all(&scene);
    assert_int_equal(primary_of(&scene, 2), 0);
    say(&scene, 1);
    take(&scene, 0);
    take(&scene, 1);
    assert_int_equal(primary_of(&scene, 0), VIEW_NO_SERVER);
    take(&scene, 0); /* no new view for it yet: worker 2 still writes to the old primary */
    assert_int_equal(primary_of(&scene, 0), VIEW_NO_SERVER);
    take(&scene, 2);
    take_all(&scene);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(primary_of(&scene, i), 1);
    close_scene(&scene);
}

TEST(the_primary_at_another_address_is_another_primary)
{
    struct scene scene;
    open_scene(&scene);
    say(&scene, 0);
    take_all(&scene);
    moves++;
    say(&scene, 0);
    take(&scene, 0);
    take(&scene, 1);
    assert_int_equal(primary_of(&scene, 0), VIEW_NO_SERVER);
    assert_int_equal(primary_of(&scene, 2), 0); /* worker 2 still writes to the old address */
    take(&scene, 2);
    take_all(&scene);
    for (int i = 0; i < WORKERS; i++)
        assert_true(primary_of(&scene, i) == 0 && scene.taken[i]->servers[0].moves == 1);
    close_scene(&scene);
}

TEST(an_old_primary_that_comes_back_is_told_at_once)
{
    struct scene scene;
    open_scene(&scene);
    say(&scene, 0);
    take_all(&scene);
    say(&scene, VIEW_NO_SERVER);
    unsigned before = scene.published;
    say(&scene, 0);
    assert_int_equal(scene.published, before + 1);
    take_all(&scene);
    assert_int_equal(primary_of(&scene, 1), 0);
    close_scene(&scene);
}

TEST(without_memory_the_old_one_stays_until_the_next_view)
{
    struct scene scene;
    open_scene(&scene);
    say(&scene, 0);
    take_all(&scene);
    struct view *view = view_new(SERVERS);
    view->cluster_name = "main";
    view->cluster_index = 7;
    view->primary = 1;
    for (int i = 0; i < SERVERS; i++)
        view->servers[i].server = &servers[i];
    mem_fail_after(0);
    barrier_pass(&scene.barrier, view);
    mem_fail_after(-1);
    view_release(&view);
    take_all(&scene);
    assert_int_equal(primary_of(&scene, 0), 0);
    say(&scene, 1);
    take_all(&scene);
    take_all(&scene);
    assert_int_equal(primary_of(&scene, 0), 1);
    close_scene(&scene);
}

/* The model is the property itself. At each step at most one server is the primary of any worker. After all
 * views are taken, the primary is the last one that was published. */
TEST(random_histories_never_show_two_primaries)
{
    for (unsigned seed = 1; seed <= 2000; seed++) {
        struct scene scene;
        int said = VIEW_NO_SERVER;
        srand(seed);
        open_scene(&scene);
        for (int step = 0; step < 60; step++) {
            if (rand() % 3 == 0) {
                moves += rand() % 4 == 0;
                said = rand() % (SERVERS + 1) - 1;
                say(&scene, said);
            } else {
                take(&scene, rand() % WORKERS);
            }
            expect_one_primary_at_most(&scene);
        }
        for (int i = 0; i < 3; i++) {
            take_all(&scene);
            expect_one_primary_at_most(&scene);
        }
        for (int i = 0; i < WORKERS; i++)
            if (primary_of(&scene, i) != said)
                fail_msg("seed %u: worker %d goes by %d, said was %d", seed, i, primary_of(&scene, i), said);
        close_scene(&scene);
    }
}

static bool has_logged(int fd, const char *what)
{
    char text[2048];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    assert_true(len >= 0);
    text[len] = '\0';
    return strstr(text, what) != NULL;
}

TEST(a_worker_that_keeps_all_others_waiting_is_named)
{
    struct scene scene;
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    open_scene(&scene);
    (void)alarm(60);
    log_configure(LOG_LEVEL_NOTICE, LOG_FORMAT_TEXT, fd);
    say(&scene, 0);
    take_all(&scene);
    say(&scene, 1);
    take(&scene, 0);
    take(&scene, 2);
    while (!has_logged(fd, "worker 1 has not yet let go of the former primary"))
        (void)ev_run(scene.loop.ev, EVRUN_ONCE);
    say(&scene, 2);
    assert_false(has_logged(fd, "all workers"));
    take(&scene, 1);
    assert_true(has_logged(fd, "all workers have let go of the former primary, after "));
    take_all(&scene);
    assert_int_equal(primary_of(&scene, 0), 2);
    log_configure(LOG_LEVEL_WARNING, LOG_FORMAT_TEXT, STDERR_FILENO);
    (void)alarm(0);
    close_scene(&scene);
    (void)close(fd);
}

RUN_TESTS(NULL, NULL)
