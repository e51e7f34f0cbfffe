/* A sign of life means that every worker has answered. A worker that hangs holds the sign back; a worker that
 * has ended does not. The order of events decides here, never their duration. */
#include "../base/unit.h"

#include "app/watchdog.h"

#include "base/log.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORKERS = 3, PERIOD_US = 2000, LOOK_US = 500 };
#define PATIENCE_US 60000000U

/* Workers without sessions, a control loop, and a service manager that receives the messages. */
struct scene {
    struct loop control;
    struct worker workers[WORKERS];
    struct worker *list[WORKERS];
    struct watchdog watchdog;
    int manager;
    struct loop_timer look, patience;
    bool (*is_over)(struct scene *scene);
    unsigned signs; /* received by the manager */
    sem_t may_go_on;
    struct loop_message hang;
};

static void *run(void *context)
{
    struct worker *worker = context;
    loop_run(&worker->loop);
    loop_close_mail(&worker->loop);
    return NULL;
}

static void end(struct loop_message *message)
{
    struct worker *worker = (struct worker *)(void *)((char *)message - offsetof(struct worker, ended));
    loop_stop(&worker->loop);
}

static void listen_to_it(struct scene *scene)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t len = sizeof address.sun_family;
    char name[sizeof address.sun_path + 1] = "@";
    scene->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(scene->manager, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(scene->manager, (struct sockaddr *)&address, &len), 0);
    memcpy(name + 1, address.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void hear(struct scene *scene)
{
    char message[64];
    ssize_t len;
    while ((len = recv(scene->manager, message, sizeof message, MSG_DONTWAIT)) > 0) {
        assert_int_equal(len, strlen("WATCHDOG=1\n"));
        assert_memory_equal(message, "WATCHDOG=1\n", (size_t)len);
        scene->signs++;
    }
}

static void on_look(struct loop_timer *timer)
{
    struct scene *scene = timer->loop->context;
    hear(scene);
    if (scene->is_over(scene))
        loop_stop(&scene->control);
    else
        loop_timer_start(&scene->look, &scene->control, LOOK_US);
}

static void on_impatience(struct loop_timer *timer)
{
    (void)timer;
    fail_msg("what the scene waits for has not happened");
}

/* Turns the control loop until `is_over` returns true. */
static void run_until(struct scene *scene, bool (*is_over)(struct scene *))
{
    scene->is_over = is_over;
    loop_timer_start(&scene->look, &scene->control, LOOK_US);
    loop_timer_start(&scene->patience, &scene->control, PATIENCE_US);
    loop_run(&scene->control);
    loop_timer_stop(&scene->patience);
}

static void open_scene(struct scene *scene, uint64_t period_us)
{
    struct error err = { 0 };
    *scene = (struct scene){ 0 };
    listen_to_it(scene);
    assert_int_equal(sem_init(&scene->may_go_on, 0, 0), 0);
    assert_true(loop_init(&scene->control, &err));
    scene->control.context = scene;
    loop_timer_init(&scene->look, on_look);
    loop_timer_init(&scene->patience, on_impatience);
    for (int i = 0; i < WORKERS; i++) {
        scene->list[i] = &scene->workers[i];
        assert_true(loop_init(&scene->workers[i].loop, &err));
        assert_int_equal(pthread_create(&scene->workers[i].thread, NULL, run, &scene->workers[i]), 0);
    }
    assert_true(watchdog_start(&scene->watchdog, &scene->control, scene->list, WORKERS, period_us, &err));
}

static void end_worker(struct scene *scene, int i)
{
    scene->workers[i].ended.run = end;
    if (worker_post(&scene->workers[i], &scene->workers[i].ended))
        assert_int_equal(pthread_join(scene->workers[i].thread, NULL), 0);
}

static void close_scene(struct scene *scene)
{
    watchdog_stop(&scene->watchdog);
    for (int i = 0; i < WORKERS; i++) {
        end_worker(scene, i);
        loop_fini(&scene->workers[i].loop);
    }
    loop_fini(&scene->control);
    watchdog_fini(&scene->watchdog);
    (void)sem_destroy(&scene->may_go_on);
    (void)close(scene->manager);
}

static bool has_ten_signs(struct scene *scene)
{
    return scene->signs >= 10;
}

TEST(workers_that_answer_give_signs_of_life)
{
    struct scene scene;
    open_scene(&scene, PERIOD_US);
    run_until(&scene, has_ten_signs);
    close_scene(&scene);
}

TEST(workers_that_have_ended_are_not_asked)
{
    struct scene scene;
    open_scene(&scene, PERIOD_US);
    for (int i = 0; i < WORKERS; i++)
        end_worker(&scene, i);
    run_until(&scene, has_ten_signs);
    close_scene(&scene);
}

static void hang(struct loop_message *message)
{
    struct scene *scene = (struct scene *)(void *)((char *)message - offsetof(struct scene, hang));
    while (sem_wait(&scene->may_go_on) != 0)
        continue;
}

static bool has_one_sign(struct scene *scene)
{
    return scene->signs == 1;
}

static bool has_missed_five_rounds(struct scene *scene)
{
    return scene->watchdog.missed >= 5 && scene->watchdog.awaited == 1; /* the other workers have answered */
}

static bool answers_again(struct scene *scene)
{
    return scene->watchdog.missed == 0 && has_ten_signs(scene);
}

TEST(a_worker_that_hangs_holds_them_back)
{
    struct scene scene;
    open_scene(&scene, PERIOD_US);
    scene.hang.run = hang;
    assert_true(worker_post(&scene.workers[1], &scene.hang));
    run_until(&scene, has_one_sign); /* the worker answers the first round, and hangs then */
    scene.watchdog.missed = 0;
    run_until(&scene, has_missed_five_rounds);
    assert_int_equal(scene.signs, 1);
    scene.watchdog.missed = 0;
    run_until(&scene, has_missed_five_rounds);
    assert_int_equal(scene.signs, 1);
    scene.signs = 0;
    assert_int_equal(sem_post(&scene.may_go_on), 0);
    run_until(&scene, answers_again);
    close_scene(&scene);
}

TEST(nobody_is_asked_where_nobody_wants_to_know)
{
    struct scene scene;
    open_scene(&scene, 0);
    assert_null(scene.watchdog.letters);
    hear(&scene);
    assert_int_equal(scene.signs, 0);
    close_scene(&scene);
}

int main(void)
{
    /* The watchdog's warnings, at a period of microseconds, are not tested here. */
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, open("/dev/null", O_WRONLY | O_CLOEXEC));
    return run_unit_tests(NULL, NULL);
}
