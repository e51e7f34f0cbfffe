/* Permits: none is lost, none is given twice, and no session overtakes waiters. Tested with loops that the
 * test turns, with random histories against a simple reference, and with threads. */
#include "../net/net_test.h"

#include "upstream/permits.h"

#include <assert.h>

/* ---- a waiter ---- */

struct guest {
    struct permits_ticket *ticket;
    unsigned grants;
    void *connection; /* the last one that was handed to this waiter */
    unsigned connections;
};

static unsigned order;
static const struct guest *granted[64]; /* in the order in which permits were granted */

static void on_grant(void *owner)
{
    struct guest *guest = owner;
    guest->ticket = NULL;
    guest->grants++;
    granted[order++ % COUNT_OF(granted)] = guest;
}

static void *left; /* a connection for a waiter that has left */

static void on_connection(void *owner, struct loop *loop, void *take_connection)
{
    struct guest *guest = owner;
    assert_non_null(loop);
    if (guest == NULL) {
        left = take_connection;
        return;
    }
    guest->ticket = NULL;
    guest->connection = take_connection;
    guest->connections++;
}

static bool queue(struct permits *permits, struct loop *loop, struct guest *guest)
{
    bool is_first;
    struct permits_waiter waiter = { .loop = loop,
                                     .owner = guest,
                                     .on_grant = on_grant,
                                     .on_connection = on_connection,
                                     .wish = span_of((const uint8_t *)&guest, sizeof guest) };
    guest->ticket = permits_wait(permits, &waiter, &is_first);
    assert_non_null(guest->ticket);
    return is_first;
}

struct scene {
    struct permits permits;
    struct loop loop;
};

static void open_scene(struct scene *scene, uint32_t max)
{
    order = 0;
    open_loop(&scene->loop);
    assert_true(permits_init(&scene->permits, 2));
    permits_set_max(&scene->permits, max);
}

static void close_scene(struct scene *scene)
{
    assert_int_equal(permits_used(&scene->permits), 0);
    assert_int_equal(permits_waiting(&scene->permits), 0);
    assert_false(permits_is_wanted(&scene->permits));
    close_loop(&scene->loop);
    permits_fini(&scene->permits);
}

TEST(all_that_there_are_can_be_had_and_no_more)
{
    struct scene scene;
    open_scene(&scene, 3);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++)
            assert_true(permits_try(&scene.permits));
        assert_false(permits_try(&scene.permits));
        for (int i = 0; i < 3; i++)
            permits_give(&scene.permits);
    }
    close_scene(&scene);
}

TEST(before_a_limit_is_known_there_is_none)
{
    struct permits permits;
    assert_true(permits_init(&permits, 1));
    for (int i = 0; i < 10000; i++)
        assert_true(permits_try(&permits));
    permits_set_max(&permits, 5); /* no holder loses its permit */
    assert_int_equal(permits_used(&permits), 10000);
    for (int i = 0; i < 9996; i++) {
        assert_false(permits_try(&permits)); /* no permit is given out */
        permits_give(&permits);
    }
    assert_true(permits_try(&permits));
    for (int i = 0; i < 5; i++)
        permits_give(&permits);
    permits_fini(&permits);
}

#define OPEN(scene) open_scene(scene, 1)
#define SCENE_TEST(name) TEST_OF(struct scene, scene, OPEN, close_scene, name)

SCENE_TEST(those_who_wait_are_served_in_their_order_and_nobody_passes_them)
{
    struct guest guests[4] = { 0 };
    assert_true(permits_try(&scene->permits));
    for (int i = 0; i < 4; i++)
        assert_int_equal(queue(&scene->permits, &scene->loop, &guests[i]), i == 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(permits_waiting(&scene->permits), 4 - i);
        permits_give(&scene->permits);
        assert_false(permits_try(&scene->permits)); /* the permit is on its way to the first waiter */
        assert_int_equal(guests[i].grants, 0);
        turn_without_waiting(&scene->loop);
        assert_int_equal(guests[i].grants, 1);
    }
    permits_give(&scene->permits);
}

SCENE_TEST(who_comes_to_wait_when_one_is_free_gets_it_by_mail)
{
    struct guest guest = { 0 };
    (void)queue(&scene->permits, &scene->loop, &guest);
    assert_int_equal(guest.grants, 0);
    turn_without_waiting(&scene->loop);
    assert_int_equal(guest.grants, 1);
    permits_give(&scene->permits);
}

SCENE_TEST(a_ticket_cancelled_in_the_queue_or_on_the_way_costs_nobody_anything)
{
    struct guest first = { 0 }, second = { 0 }, third = { 0 };
    assert_true(permits_try(&scene->permits));
    (void)queue(&scene->permits, &scene->loop, &first);
    (void)queue(&scene->permits, &scene->loop, &second);
    (void)queue(&scene->permits, &scene->loop, &third);
    permits_cancel(&first.ticket); /* while it is in the queue */
    permits_cancel(&first.ticket); /* harmless */
    permits_give(&scene->permits);
    permits_cancel(&second.ticket);     /* while the permit is on its way */
    turn_without_waiting(&scene->loop); /* the permit goes on to the third waiter */
    turn_without_waiting(&scene->loop);
    assert_int_equal(first.grants + second.grants, 0);
    assert_int_equal(third.grants, 1);
    permits_give(&scene->permits);
    (void)permits_try(&scene->permits);
    (void)queue(&scene->permits, &scene->loop, &first);
    permits_give(&scene->permits);
    permits_cancel(&first.ticket); /* the permit is on its way, and there is no other waiter */
    turn_without_waiting(&scene->loop);
}

/* In these tests a connection is the guest that it is meant for. */
static bool is_the_one(const void *wish, const void *connection)
{
    const struct guest *guest;
    memcpy(&guest, wish, sizeof guest);
    return guest == connection;
}

SCENE_TEST(a_connection_is_passed_to_the_first_wherever_it_waits_if_it_would_do)
{
    struct loop elsewhere;
    struct guest first = { 0 }, second = { 0 }, *told;
    struct permits *permits = &scene->permits;
    open_loop(&elsewhere);
    assert_false(permits_peek(permits, &told, sizeof told)); /* there is no waiter */
    assert_false(permits_pass(permits, is_the_one, &first));
    assert_true(permits_try(permits));
    assert_true(queue(permits, &elsewhere, &first));
    assert_false(queue(permits, &scene->loop, &second));
    assert_true(permits_peek(permits, &told, sizeof told));
    assert_ptr_equal(told, &first);
    assert_false(permits_pass(permits, is_the_one, &second)); /* the first waiter may not be overtaken */
    assert_int_equal(permits_waiting(permits), 2);
    assert_true(permits_pass(permits, is_the_one, &first));
    assert_int_equal(permits_waiting(permits), 1);
    assert_int_equal(permits_used(permits), 1); /* the permit went with the connection */
    assert_int_equal(first.connections, 0);     /* the connection is still on its way */
    assert_true(permits_pass(permits, is_the_one, &second));
    assert_false(permits_is_wanted(permits));
    turn_without_waiting(&elsewhere);
    turn_without_waiting(&scene->loop);
    assert_true(first.connections == 1 && first.connection == &first && first.ticket == NULL);
    assert_true(second.connections == 1 && second.connection == &second && second.ticket == NULL);
    assert_int_equal(first.grants + second.grants, 0);
    permits_give(permits);
    close_loop(&elsewhere);
}

SCENE_TEST(a_connection_for_somebody_who_has_gone_comes_all_the_same)
{
    struct guest guest = { 0 };
    left = NULL;
    assert_true(permits_try(&scene->permits));
    (void)queue(&scene->permits, &scene->loop, &guest);
    assert_true(permits_pass(&scene->permits, is_the_one, &guest));
    permits_cancel(&guest.ticket); /* while the connection is on its way */
    turn_without_waiting(&scene->loop);
    assert_int_equal(guest.grants + guest.connections, 0);
    assert_ptr_equal(left, &guest); /* the waiter's loop has received the connection with its permit */
    assert_int_equal(permits_used(&scene->permits), 1);
    permits_give(&scene->permits);
}

SCENE_TEST(a_connection_is_not_passed_to_a_loop_that_has_ended)
{
    struct loop other;
    struct guest gone = { 0 };
    open_loop(&other);
    assert_true(permits_try(&scene->permits));
    (void)queue(&scene->permits, &other, &gone);
    loop_close_mail(&other);
    assert_false(permits_pass(&scene->permits, is_the_one, &gone)); /* the caller still has it */
    assert_false(permits_is_wanted(&scene->permits));
    permits_cancel(&gone.ticket);
    permits_give(&scene->permits);
    close_loop(&other);
}

SCENE_TEST(what_is_promised_is_not_wanted_of_others)
{
    struct guest first = { 0 }, second = { 0 };
    struct permits *permits = &scene->permits;
    assert_true(permits_try(permits));
    assert_false(permits_is_short(permits));
    (void)queue(permits, &scene->loop, &first);
    assert_true(permits_is_short(permits));
    permits_promise(permits, 1);
    assert_false(permits_is_short(permits));
    (void)queue(permits, &scene->loop, &second);
    assert_true(permits_is_short(permits));
    permits_promise(permits, -1);
    permits_cancel(&first.ticket);
    permits_cancel(&second.ticket);
    permits_give(permits);
}

SCENE_TEST(a_permit_is_carried_from_list_to_list)
{
    struct permit permit = { 0 }, none = { 0 };
    assert_true(permits_try(&scene->permits));
    permits_hold(&scene->permits, 0, 1000, &permit);
    permits_carry_off(&permit, 0);
    assert_null(list_first(&scene->permits.holders[0].list));
    assert_int_equal(permits_used(&scene->permits), 1);
    permits_carry_on(&permit, 1, 2000);
    assert_ptr_equal(list_first(&scene->permits.holders[1].list), &permit.in_list);
    permits_carry_off(&none, 0); /* harmless */
    permits_carry_on(&none, 1, 0);
    permits_release(&permit, 1);
}

SCENE_TEST(a_higher_limit_serves_those_who_wait_and_a_lower_one_nobody)
{
    struct guest guests[3] = { 0 };
    assert_true(permits_try(&scene->permits));
    for (int i = 0; i < 3; i++)
        (void)queue(&scene->permits, &scene->loop, &guests[i]);
    permits_set_max(&scene->permits, 3);
    turn_without_waiting(&scene->loop);
    assert_int_equal(guests[0].grants + guests[1].grants, 2);
    assert_int_equal(guests[2].grants, 0);
    permits_set_max(&scene->permits, 1);
    permits_give(&scene->permits);
    permits_give(&scene->permits);
    turn_without_waiting(&scene->loop);
    assert_int_equal(guests[2].grants, 0); /* one permit is still in use, which is the maximum */
    permits_give(&scene->permits);
    turn_without_waiting(&scene->loop);
    assert_int_equal(guests[2].grants, 1);
    permits_give(&scene->permits);
}

TEST(without_memory_nobody_queues)
{
    struct scene scene;
    struct guest guest;
    bool is_first;
    open_scene(&scene, 1);
    assert_true(permits_try(&scene.permits));
    mem_fail_after(0);
    struct permits_waiter waiter = { .loop = &scene.loop, .owner = &guest, .on_grant = on_grant };
    assert_null(permits_wait(&scene.permits, &waiter, &is_first));
    mem_fail_after(-1);
    permits_give(&scene.permits);
    assert_true(permits_try(&scene.permits));
    permits_give(&scene.permits);
    close_scene(&scene);
    struct permits none;
    mem_fail_after(0);
    assert_false(permits_init(&none, 2));
    mem_fail_after(-1);
    permits_fini(&none);
}

SCENE_TEST(a_loop_that_has_ended_holds_nobody_up)
{
    struct loop other;
    struct guest gone = { 0 }, next = { 0 };
    open_loop(&other);
    assert_true(permits_try(&scene->permits));
    (void)queue(&scene->permits, &other, &gone);
    (void)queue(&scene->permits, &scene->loop, &next);
    loop_close_mail(&other);
    permits_give(&scene->permits);
    turn_without_waiting(&scene->loop);
    assert_int_equal(gone.grants, 0);
    assert_int_equal(next.grants, 1);
    permits_cancel(&gone.ticket);
    close_loop(&other);
    permits_give(&scene->permits);
}

/* What happens to the connections a to e (0 to 4) when the search has found b. */
SCENE_TEST(a_search_goes_on_whatever_becomes_of_the_next_connection)
{
    enum what { NOTHING, RELEASED, CARRIED_OFF, USED };
    static const struct {
        const char *name;
        enum what what[5];
        const char *found; /* after b */
    } rows[] = {
        { "nothing happens", { NOTHING }, "cde" },
        { "the one that was found is closed", { NOTHING, RELEASED }, "cde" },
        { "the next one is closed", { NOTHING, NOTHING, RELEASED }, "de" },
        { "the next one moves to another thread", { NOTHING, NOTHING, CARRIED_OFF }, "de" },
        { "the next one is used, and is the last now", { NOTHING, NOTHING, USED }, "dec" },
        { "the next two are gone", { NOTHING, NOTHING, CARRIED_OFF, RELEASED }, "e" },
        { "all others are gone", { RELEASED, NOTHING, CARRIED_OFF, RELEASED, CARRIED_OFF }, "" },
    };
    permits_set_max(&scene->permits, 5);
    struct permits_holders *holders = &scene->permits.holders[1];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct permit permits[5] = { 0 };
        char found[8] = "";
        for (size_t j = 0; j < 5; j++) {
            assert_true(permits_try(&scene->permits));
            permits_hold(&scene->permits, 1, 1000, &permits[j]);
        }
        assert_ptr_equal(permits_search(holders), &permits[0].in_list);
        assert_ptr_equal(permits_search_next(holders), &permits[1].in_list);
        for (size_t j = 0; j < 5; j++)
            if (rows[i].what[j] == RELEASED) {
                permits_release(&permits[j], 1);
            } else if (rows[i].what[j] == CARRIED_OFF) {
                permits_carry_off(&permits[j], 1);
                permits_carry_on(&permits[j], 0, 2000);
            } else if (rows[i].what[j] == USED) {
                permits_touch(&permits[j], 1, 1000 + PERMITS_ORDER_US);
            }
        struct list_node *node;
        for (size_t at = 0; at < 6 && (node = permits_search_next(holders)) != NULL; at++)
            found[at] = (char)('a' + (list_entry(node, struct permit, in_list) - permits));
        assert_row(strcmp(found, rows[i].found) == 0, "%s: %s", rows[i].name, found);
        assert_null(permits_search_next(holders));
        for (size_t j = 0; j < 5; j++)
            permits_release(&permits[j], rows[i].what[j] == CARRIED_OFF ? 0 : 1);
    }
}

TEST(holders_are_listed_by_their_last_use)
{
    struct scene scene;
    struct permit permits[3] = { 0 };
    open_scene(&scene, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(permits_try(&scene.permits));
        permits_hold(&scene.permits, 1, 1000 + i, &permits[i]);
    }
    struct list *list = &scene.permits.holders[1].list;
    permits_touch(&permits[0], 1, 1000 + PERMITS_ORDER_US - 1); /* too soon to be moved in the order */
    assert_ptr_equal(list_first(list), &permits[0].in_list);
    permits_touch(&permits[0], 1, 1000 + PERMITS_ORDER_US);
    assert_ptr_equal(list_first(list), &permits[1].in_list);
    permits_release(&permits[1], 1);
    permits_release(&permits[1], 1); /* harmless */
    permits_touch(&permits[1], 1, UINT64_MAX);
    assert_ptr_equal(list_first(list), &permits[2].in_list);
    assert_int_equal(permits_used(&scene.permits), 2);
    permits_release(&permits[2], 1);
    permits_release(&permits[0], 1);
    close_scene(&scene);
}

/* ---- random histories against a simple reference ---- */

enum { GUESTS = 12, LOOPS = 3, HISTORIES = 2000, OPERATIONS = 120 };
enum place { OUTSIDE, IN_QUEUE, ON_THE_WAY, INSIDE };

struct twin {
    unsigned used, max;
    enum place place[GUESTS];
    unsigned queue[GUESTS], queued;
    unsigned mail[LOOPS][GUESTS * 2], mails[LOOPS]; /* guests by number; + GUESTS: cancelled since then */
};

static void twin_serve(struct twin *twin)
{
    while (twin->queued > 0 && twin->used < twin->max) {
        unsigned guest = twin->queue[0];
        memmove(twin->queue, twin->queue + 1, --twin->queued * sizeof *twin->queue);
        twin->used++;
        twin->place[guest] = ON_THE_WAY;
        twin->mail[guest % LOOPS][twin->mails[guest % LOOPS]++] = guest;
    }
}

static void twin_cancel(struct twin *twin, unsigned guest)
{
    unsigned loop = guest % LOOPS, at = 0;
    if (twin->place[guest] == IN_QUEUE) {
        while (twin->queue[at] != guest)
            at++;
        memmove(twin->queue + at, twin->queue + at + 1, (--twin->queued - at) * sizeof *twin->queue);
    } else {
        while (twin->mail[loop][at] != guest)
            at++;
        twin->mail[loop][at] += GUESTS;
    }
    twin->place[guest] = OUTSIDE;
}

static void twin_turn(struct twin *twin, unsigned loop)
{
    unsigned mail[GUESTS * 2], mails = twin->mails[loop];
    memcpy(mail, twin->mail[loop], sizeof mail);
    twin->mails[loop] = 0;
    for (unsigned i = 0; i < mails; i++) {
        if (mail[i] < GUESTS) {
            twin->place[mail[i]] = INSIDE;
        } else {
            twin->used--;
            twin_serve(twin);
        }
    }
}

struct model {
    struct permits permits;
    struct loop loops[LOOPS];
    struct guest guests[GUESTS];
    struct twin twin;
};

/* A message that causes another one to the same loop is read in the same turn or in the next one. Turned
 * until no message comes, model and permits agree. */
static void turn_both(struct model *model, unsigned loop)
{
    for (int i = 0; i < 2 * GUESTS; i++) {
        turn_without_waiting(&model->loops[loop]);
        twin_turn(&model->twin, loop);
    }
}

static void step(struct model *model, uint64_t *seed)
{
    struct twin *twin = &model->twin;
    unsigned i = next_random(seed) % GUESTS;
    struct guest *guest = &model->guests[i];
    switch (next_random(seed) % 8) {
    case 0:
    case 1:
        if (twin->place[i] == OUTSIDE) {
            bool may = twin->queued == 0 && twin->used < twin->max;
            assert_int_equal(permits_try(&model->permits), may);
            twin->used += may;
            twin->place[i] = may ? INSIDE : OUTSIDE;
        }
        break;
    case 2:
    case 3:
        if (twin->place[i] == OUTSIDE) {
            assert_int_equal(queue(&model->permits, &model->loops[i % LOOPS], guest), twin->queued == 0);
            twin->place[i] = IN_QUEUE;
            twin->queue[twin->queued++] = i;
            twin_serve(twin);
        }
        break;
    case 4:
        if (twin->place[i] == IN_QUEUE || twin->place[i] == ON_THE_WAY) {
            if (twin->mails[i % LOOPS] >= GUESTS)
                break; /* the reference's mailbox is full */
            permits_cancel(&guest->ticket);
            twin_cancel(twin, i);
        }
        break;
    case 5:
        if (twin->place[i] == INSIDE) {
            permits_give(&model->permits);
            twin->place[i] = OUTSIDE;
            twin->used--;
            twin_serve(twin);
        }
        break;
    case 6:
        turn_both(model, i % LOOPS);
        break;
    default:
        if (chance(seed, 4)) {
            twin->max = 1 + next_random(seed) % 5;
            permits_set_max(&model->permits, twin->max);
            twin_serve(twin);
        }
    }
}

static void compare(const struct model *model, uint64_t seed)
{
    const struct twin *twin = &model->twin;
    assert_row(permits_used(&model->permits) == twin->used, "seed %llu", (unsigned long long)seed);
    assert_row(permits_waiting(&model->permits) == twin->queued, "seed %llu", (unsigned long long)seed);
    assert_row(permits_is_wanted(&model->permits) == (twin->queued > 0), "seed %llu",
               (unsigned long long)seed);
    for (unsigned i = 0; i < GUESTS; i++) {
        bool has_ticket = twin->place[i] == IN_QUEUE || twin->place[i] == ON_THE_WAY;
        assert_row((model->guests[i].ticket != NULL) == has_ticket, "seed %llu, guest %u",
                   (unsigned long long)seed, i);
    }
}

static void finish(struct model *model)
{
    struct twin *twin = &model->twin;
    for (unsigned round = 0; round < 2 * GUESTS; round++) {
        for (unsigned i = 0; i < LOOPS; i++)
            turn_both(model, i);
        for (unsigned i = 0; i < GUESTS; i++)
            if (twin->place[i] == INSIDE) {
                permits_give(&model->permits);
                twin->place[i] = OUTSIDE;
                twin->used--;
                twin_serve(twin);
            }
    }
    assert_int_equal(permits_used(&model->permits), 0); /* every guest was served */
    assert_int_equal(permits_waiting(&model->permits), 0);
}

TEST(random_histories_go_as_the_plain_reference_says)
{
    static struct model model;
    memset(&model, 0, sizeof model);
    for (unsigned i = 0; i < LOOPS; i++)
        open_loop(&model.loops[i]);
    for (uint64_t history = 1; history <= HISTORIES; history++) {
        uint64_t seed = history;
        assert_true(permits_init(&model.permits, 1));
        memset(&model.twin, 0, sizeof model.twin);
        memset(model.guests, 0, sizeof model.guests);
        model.twin.max = 1 + (unsigned)history % 4;
        permits_set_max(&model.permits, model.twin.max);
        for (int i = 0; i < OPERATIONS; i++) {
            step(&model, &seed);
            compare(&model, history);
        }
        finish(&model);
        permits_fini(&model.permits);
    }
    for (unsigned i = 0; i < LOOPS; i++)
        close_loop(&model.loops[i]);
}

/* ---- threads ---- */

enum { THREADS = 4, EACH = 6, TURNS = 20000, MAX = 5 };

static struct permits shared;
static _Atomic int inside, most_inside, visits, done;

struct worker {
    struct loop loop;
    struct visitor {
        struct worker *worker;
        struct permits_ticket *ticket;
        bool is_inside;
    } visitors[EACH];
    uint64_t seed;
};

static void come_in(void *owner)
{
    struct visitor *visitor = owner;
    assert(!visitor->is_inside);
    visitor->ticket = NULL;
    visitor->is_inside = true;
    (void)atomic_fetch_add(&visits, 1);
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        ;
}

static int connection; /* stands for every connection */

/* A waiter that has left gives its permit back. */
static void come_with(void *owner, struct loop *loop, void *take_connection)
{
    assert(loop != NULL && take_connection == &connection);
    if (owner != NULL)
        come_in(owner);
    else
        permits_give(&shared);
}

static bool is_any(const void *wish, const void *thing)
{
    (void)wish;
    return thing == &connection;
}

/* In half of the cases a visitor passes its connection on to the next one. */
static void go_out(struct visitor *visitor)
{
    (void)atomic_fetch_sub(&inside, 1);
    visitor->is_inside = false;
    if (chance(&visitor->worker->seed, 2) || !permits_pass(&shared, is_any, &connection))
        permits_give(&shared);
}

static void act(struct visitor *visitor, uint64_t *seed)
{
    bool is_first;
    if (visitor->is_inside)
        go_out(visitor);
    else if (visitor->ticket != NULL && chance(seed, 3))
        permits_cancel(&visitor->ticket);
    else if (visitor->ticket == NULL && chance(seed, 2) && permits_try(&shared))
        come_in(visitor);
    else if (visitor->ticket == NULL)
        visitor->ticket = permits_wait(&shared,
                                       &(struct permits_waiter){ .loop = &visitor->worker->loop,
                                                                 .owner = visitor,
                                                                 .on_grant = come_in,
                                                                 .on_connection = come_with },
                                       &is_first);
}

static bool is_done(const struct worker *worker)
{
    for (int i = 0; i < EACH; i++)
        if (worker->visitors[i].ticket != NULL || worker->visitors[i].is_inside)
            return false;
    return true;
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (int i = 0; i < TURNS; i++) {
        act(&worker->visitors[next_random(&worker->seed) % EACH], &worker->seed);
        if (chance(&worker->seed, 4))
            turn_without_waiting(&worker->loop);
    }
    while (!is_done(worker)) { /* remaining waiters are served; otherwise the alarm ends the test */
        turn_without_waiting(&worker->loop);
        for (int i = 0; i < EACH; i++)
            if (worker->visitors[i].is_inside)
                go_out(&worker->visitors[i]);
    }
    (void)atomic_fetch_add(&done, 1);
    while (atomic_load(&done) < THREADS) /* a cancelled permit may belong to another thread's waiter */
        turn_without_waiting(&worker->loop);
    return NULL;
}

TEST(over_threads_none_is_lost_and_none_given_twice)
{
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    assert_true(permits_init(&shared, THREADS));
    permits_set_max(&shared, MAX);
    for (unsigned t = 0; t < THREADS; t++) {
        workers[t].seed = t + 1;
        open_loop(&workers[t].loop);
        for (int i = 0; i < EACH; i++)
            workers[t].visitors[i].worker = &workers[t];
    }
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, work, &workers[t]), 0);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    for (int t = 0; t < THREADS; t++) /* cancelled grants may still be under way */
        for (int i = 0; i < THREADS; i++)
            turn_without_waiting(&workers[i].loop);
    /* The number of visits depends on the scheduler: a thread that does not run keeps the permits that are on
     * their way to it. */
    assert_true(atomic_load(&visits) > MAX && atomic_load(&most_inside) <= MAX);
    assert_int_equal(atomic_load(&inside), 0);
    assert_int_equal(permits_used(&shared), 0);
    assert_false(permits_is_wanted(&shared));
    for (int t = 0; t < THREADS; t++)
        close_loop(&workers[t].loop);
    permits_fini(&shared);
}

RUN_TESTS(NULL, NULL)
