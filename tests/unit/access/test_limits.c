/* Connection limits that hold over several threads, and the errors that refused clients get. */
#include "../net/net_test.h"

#include "base/log.h"
#include "base/mem.h"
#include "mysql/reply.h"
#include "access/limits.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "net/descriptors.h"

static struct addr peer_of(const char *text)
{
    struct addr addr;
    struct error err = { 0 };
    assert_true(addr_parse_listen(text, &addr, &err));
    return addr;
}

/* ---- one limit, many threads ---- */

enum { THREADS = 4, TURNS = 200000, MAX = 3 };

static struct limit shared = { .max = MAX };
static _Atomic int inside;
static _Atomic int most_inside;

static void *come_and_go(void *context)
{
    uint64_t *taken = context;
    for (int i = 0; i < TURNS; i++) {
        if (!limit_take(&shared))
            continue;
        int now = atomic_fetch_add(&inside, 1) + 1;
        int most = atomic_load(&most_inside);
        while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
            ;
        ++*taken;
        (void)atomic_fetch_sub(&inside, 1);
        limit_give(&shared);
    }
    return NULL;
}

TEST(a_limit_is_exact_over_threads)
{
    pthread_t threads[THREADS];
    uint64_t taken[THREADS] = { 0 }, sum = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &taken[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum += taken[i];
    }
    assert_true(atomic_load(&most_inside) <= MAX);
    assert_int_equal(atomic_load(&shared.used), 0);
    assert_int_equal(sum + atomic_load(&shared.refused), (uint64_t)THREADS * TURNS);
}

TEST(a_limit_that_is_off_counts_all_the_same)
{
    struct limit off = { 0 };
    for (int i = 0; i < 1000; i++)
        assert_true(limit_take(&off));
    assert_int_equal(atomic_load(&off.used), 1000);
    assert_int_equal(atomic_load(&off.refused), 0);
}

TEST(moving_gives_back_before_it_takes)
{
    struct limit one = { .max = 1 }, other = { .max = 1 }, *held = NULL;
    assert_true(limit_move(&held, &one));
    assert_true(limit_move(&held, &one)); /* the place that it already holds is free for itself */
    assert_true(limit_take(&other));
    assert_false(limit_move(&held, &other));
    assert_null(held);
    assert_int_equal(atomic_load(&one.used), 0);
    assert_int_equal(atomic_load(&other.refused), 1);
}

/* ---- a client connects ---- */

static void leave(struct limits *limits, struct limit *listener, const struct addr *peer)
{
    char host[ADDR_PLAIN_MAX];
    limits_leave(limits, listener, addr_format_host(peer, host));
}

static bool enter(struct limits *limits, struct limit *listener, const struct addr *peer, char *why)
{
    struct error err = { 0 };
    char host[ADDR_PLAIN_MAX];
    bool has_entered = limits_enter(limits, listener, "app", addr_format_host(peer, host), 0, &err);
    (void)snprintf(why, sizeof err.text, "%s", err.text);
    assert_int_equal(err.code, strstr(why, "out of memory") != NULL ? ENOMEM : 0);
    return has_entered;
}

/* The address of a client behind a load balancer is known later. */
TEST(an_address_counts_from_when_it_is_known)
{
    struct limit_settings settings = { 9, 1 };
    struct limit listener = { 0 };
    struct limits limits;
    struct error err = { 0 };
    limits_init(&limits, &settings);
    for (int i = 0; i < 3; i++)
        assert_true(limits_enter(&limits, &listener, "app", NULL, 0, &err));
    assert_int_equal(atomic_load(&limits.clients.used), 3);
    assert_true(limits_enter_address(&limits, "192.0.2.7", &err));
    assert_false(limits_enter_address(&limits, "192.0.2.7", &err));
    assert_string_equal(err.text, "headgate: limits.max_clients_per_address = 1 is reached");
    assert_true(limits_enter_address(&limits, "192.0.2.8", &err));
    assert_true(limits_enter_address(&limits, ADDR_LOCAL_HOST, &err)); /* unix sockets have no such limit */
    assert_true(limits_enter_address(&limits, ADDR_LOCAL_HOST, &err));
    limits_leave(&limits, &listener, "192.0.2.7");
    limits_leave(&limits, &listener, "192.0.2.8");
    limits_leave(&limits, &listener, NULL);
    assert_int_equal(atomic_load(&limits.clients.used), 0);
    limits_fini(&limits); /* asserts that no address is left in the table */
}

TEST(each_limit_is_named_with_its_value_and_nothing_is_left_of_a_refusal)
{
    static const struct {
        int64_t clients, listener, address;
        unsigned fit;
        const char *says;
    } rows[] = {
        { 3, 0, 0, 3, "headgate: limits.max_clients = 3 is reached" },
        { 9, 2, 0, 2, "headgate: max_clients = 2 of listener 'app' is reached" },
        { 9, 0, 4, 4, "headgate: limits.max_clients_per_address = 4 is reached" },
    };
    struct addr here = peer_of("127.0.0.1:1"), there = peer_of("127.0.0.2:1");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct limit_settings settings = { rows[i].clients, rows[i].address };
        struct limit listener = { .max = rows[i].listener };
        struct limits limits;
        char why[ERROR_TEXT_MAX];
        limits_init(&limits, &settings);
        for (unsigned n = 0; n < rows[i].fit; n++)
            assert_row(enter(&limits, &listener, &here, why), "row %zu, client %u", i, n);
        for (unsigned n = 0; n < 5; n++) {
            assert_false(enter(&limits, &listener, &here, why));
            assert_string_equal(why, rows[i].says);
        }
        assert_int_equal(atomic_load(&limits.clients.used), rows[i].fit);
        assert_int_equal(atomic_load(&listener.used), rows[i].fit);
        /* a client of another address */
        assert_int_equal(enter(&limits, &listener, &there, why), rows[i].address > 0);
        if (rows[i].address > 0)
            leave(&limits, &listener, &there);
        leave(&limits, &listener, &here);
        assert_true(enter(&limits, &listener, &here, why)); /* a client that leaves makes room */
        for (unsigned n = 0; n < rows[i].fit; n++)
            leave(&limits, &listener, &here);
        assert_int_equal(atomic_load(&limits.clients.used), 0);
        assert_int_equal(atomic_load(&listener.used), 0);
        limits_fini(&limits); /* asserts that no address is left in the table */
    }
}

TEST(clients_on_unix_sockets_have_no_address)
{
    static const struct addr local = { .len = sizeof(sa_family_t), .u.any.sa_family = AF_UNIX };
    struct limit_settings settings = { 100, 1 };
    struct limit listener = { 0 };
    struct limits limits;
    char why[ERROR_TEXT_MAX];
    limits_init(&limits, &settings);
    for (int i = 0; i < 10; i++)
        assert_true(enter(&limits, &listener, &local, why));
    for (int i = 0; i < 10; i++)
        leave(&limits, &listener, &local);
    limits_fini(&limits);
}

TEST(without_memory_an_address_is_turned_away_and_nothing_is_counted)
{
    struct limit_settings settings = { 100, 5 };
    struct limit listener = { 0 };
    struct addr here = peer_of("127.0.0.1:1");
    unsigned refused = 0;
    bool has_entered = false;
    for (long fail_at = 0; !has_entered; fail_at++) {
        struct limits limits;
        char why[ERROR_TEXT_MAX];
        limits_init(&limits, &settings);
        mem_fail_after(fail_at);
        has_entered = enter(&limits, &listener, &here, why);
        mem_fail_after(-1);
        if (has_entered) {
            leave(&limits, &listener, &here);
        } else {
            refused++;
            assert_string_equal(why, "headgate: out of memory");
        }
        assert_int_equal(atomic_load(&limits.clients.used), 0);
        assert_int_equal(atomic_load(&listener.used), 0);
        limits_fini(&limits);
    }
    assert_true(refused >= 2); /* the entry of an address, and the table's first allocations */
}

/* ---- error packets ---- */

/* As MariaDB 10.11 and MySQL 8 send the error before the greeting: without '#' and SQLSTATE. */
TEST(a_client_is_turned_away_in_the_servers_form)
{
    static const char packet[] = "\x06\0\0\0\xff\x10\x04why";
    int ends[2];
    char bytes[64];
    open_pair(ends);
    mem_fail_all(true);
    limits_turn_away(ends[1], ERR_CON_COUNT, "why");
    mem_fail_all(false);
    assert_int_equal(recv(ends[0], bytes, sizeof bytes, 0), sizeof packet - 1);
    assert_memory_equal(bytes, packet, sizeof packet - 1);
    char longer[1000] = "";
    memset(longer, 'x', sizeof longer - 1);
    char cut[REPLY_EARLY_ERR_MAX + 1];
    limits_turn_away(ends[1], ERR_OUT_OF_RESOURCES, longer);
    assert_int_equal(recv(ends[0], cut, sizeof cut, 0), REPLY_EARLY_ERR_MAX);
    assert_memory_equal(cut, "\x02\x02\0\0\xff\x11\x04xxx", 10);
    (void)close(ends[0]);
    limits_turn_away(ends[1], ERR_CON_COUNT, "nobody is there"); /* the peer is gone; no SIGPIPE */
    (void)close(ends[1]);
}

/* ---- open files: in a child process, because a lowered hard limit cannot be raised again ---- */

#define CHILD_MUST(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error("not so: %s\n", #condition);                                                         \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static void with_201_files(void)
{
    struct rlimit limit = { 100, 201 };
    struct limit_settings settings = { .max_clients = 67 };
    int ends[2];
    char line[1024];
    CHILD_MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    descriptors_raise();
    CHILD_MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 201);
    CHILD_MUST(descriptors_max() == 201);
    CHILD_MUST(descriptors_may_use(184, DESCRIPTORS_UPSTREAM) &&
               !descriptors_may_use(185, DESCRIPTORS_UPSTREAM));
    CHILD_MUST(descriptors_may_use(159, DESCRIPTORS_CLIENT) && !descriptors_may_use(160, DESCRIPTORS_CLIENT));
    struct limits limits;
    struct limit listener = { 0 };
    const char *peer = "127.0.0.1";
    struct error err = { 0 };
    limits_init(&limits, &settings);
    CHILD_MUST(limits_enter(&limits, &listener, "app", peer, 159, &err));
    CHILD_MUST(!limits_enter(&limits, &listener, "app", peer, 160, &err) && err.code == EMFILE);
    CHILD_MUST(strcmp(err.text, "headgate: its limit of 201 open files is reached") == 0);
    CHILD_MUST(limits.file_refused == 1 && limits.clients.used == 1 && limits.clients.refused == 0);
    CHILD_MUST(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, ends[1]);
    limits_warn_of_files(&settings); /* 3 a client are enough */
    CHILD_MUST(read(ends[0], line, sizeof line) < 0);
    settings.max_clients = 68;
    limits_warn_of_files(&settings);
    ssize_t len = read(ends[0], line, sizeof line - 1);
    CHILD_MUST(len > 0);
    line[len] = '\0';
    CHILD_MUST(strstr(line, "max_clients = 68") != NULL && strstr(line, "204 open files") != NULL &&
               strstr(line, "201 are allowed") != NULL && strstr(line, "from 67 on") != NULL);
    _exit(0);
}

TEST(open_files_are_raised_and_kept_for_what_must_work)
{
    int status;
    /* before the limit of open files was read */
    assert_true(descriptors_may_use(100000, DESCRIPTORS_CLIENT));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        with_201_files();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_row(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
}

RUN_TESTS(NULL, NULL)
