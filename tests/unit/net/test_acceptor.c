#include "net_test.h"

#include "base/log.h"
#include "net/acceptor.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define GUESTS_MAX 64

struct house {
    struct loop loop;
    struct acceptor acceptor;
    int guests[GUESTS_MAX];
    struct addr peers[GUESTS_MAX];
    unsigned count;
    char folder[64], path[96];
};

static void welcome(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct house *house = acceptor->owner;
    assert_true(house->count < GUESTS_MAX);
    house->guests[house->count] = take_fd;
    house->peers[house->count++] = *peer;
}

static struct addr address(const char *text)
{
    struct addr addr;
    struct error err = { 0 };
    assert_true(addr_parse_listen(text, &addr, &err));
    return addr;
}

static void open_house(struct house *house)
{
    memset(house, 0, sizeof *house);
    open_loop(&house->loop);
    (void)snprintf(house->folder, sizeof house->folder, "/tmp/headgate-unit-XXXXXX");
    assert_non_null(mkdtemp(house->folder));
    (void)snprintf(house->path, sizeof house->path, "%s/s", house->folder);
}

static void close_house(struct house *house)
{
    for (unsigned i = 0; i < house->count; i++)
        (void)close(house->guests[i]);
    acceptor_close(&house->acceptor);
    acceptor_close(&house->acceptor); /* harmless */
    (void)unlink(house->path);
    assert_int_equal(rmdir(house->folder), 0);
    close_loop(&house->loop);
}

static bool try_listen(struct house *house, const char *text, unsigned mode, struct error *err)
{
    struct addr addr = address(text);
    return acceptor_open(&house->acceptor, &house->loop, &addr, mode, welcome, house, err);
}

static int visit(const struct addr *addr)
{
    int fd = socket(addr->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &addr->u.any, addr->len), 0);
    return fd;
}

TEST(port_zero_becomes_a_real_one_and_peers_are_named)
{
    static const char *const rows[] = { "127.0.0.1:0", "[::1]:0" };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct house house;
        struct error err = { 0 };
        char text[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
        open_house(&house);
        if (!try_listen(&house, rows[i], 0, &err) && err.code == EADDRNOTAVAIL) {
            close_house(&house);
            continue; /* the machine has no IPv6 */
        }
        assert_row(house.acceptor.loop != NULL, "%s", err.text);
        (void)addr_format(&house.acceptor.addr, text);
        assert_row(strcmp(text, rows[i]) != 0, "%s", text);
        int fds[3];
        for (unsigned n = 0; n < 3; n++)
            fds[n] = visit(&house.acceptor.addr);
        while (house.count < 3)
            turn(&house.loop);
        for (unsigned n = 0; n < 3; n++) {
            struct addr own = { .len = sizeof own.u.storage };
            assert_int_equal(getsockname(fds[n], &own.u.any, &own.len), 0);
            assert_string_equal(addr_format(&house.peers[n], peer), addr_format(&own, text));
            assert_true(fcntl(house.guests[n], F_GETFL) & O_NONBLOCK);
            assert_true(fcntl(house.guests[n], F_GETFD) & FD_CLOEXEC);
            (void)close(fds[n]);
        }
        close_house(&house);
    }
}

TEST(a_taken_port_is_named_with_its_reason)
{
    struct house house, other;
    struct error err = { 0 };
    char text[ADDR_TEXT_MAX], want[256];
    open_house(&house);
    open_house(&other);
    assert_true(try_listen(&house, "127.0.0.1:0", 0, &err));
    (void)addr_format(&house.acceptor.addr, text);
    unsigned before = open_descriptors();
    assert_false(try_listen(&other, text, 0, &err));
    (void)snprintf(want, sizeof want, "listening on %s: Address already in use", text);
    assert_string_equal(err.text, want);
    assert_int_equal(open_descriptors(), before);
    close_house(&house);
    assert_true(try_listen(&other, text, 0, &err)); /* the address is free at once */
    close_house(&other);
}

TEST(a_socket_file_has_its_mode_and_goes_with_its_listener)
{
    static const unsigned modes[] = { 0600, 0660, 0666, 0777 };
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct house house;
        struct error err = { 0 };
        struct stat st;
        char text[ADDR_TEXT_MAX];
        open_house(&house);
        assert_row(try_listen(&house, house.path, modes[i], &err), "%s", err.text);
        assert_int_equal(stat(house.path, &st), 0);
        assert_int_equal(st.st_mode & 07777, modes[i]);
        int fd = visit(&house.acceptor.addr);
        while (house.count == 0)
            turn(&house.loop);
        assert_string_equal(addr_format(&house.peers[0], text), "unix");
        (void)close(fd);
        acceptor_close(&house.acceptor);
        assert_int_equal(stat(house.path, &st), -1);
        close_house(&house);
    }
}

#define HOUSE_TEST(name) TEST_OF(struct house, house, open_house, close_house, name)

HOUSE_TEST(a_stale_socket_file_is_replaced)
{
    struct error err = { 0 };
    struct addr addr = address(house->path);
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stale, &addr.u.any, addr.len), 0);
    (void)close(stale); /* the process has ended, its socket file remains */
    assert_row(try_listen(house, house->path, 0600, &err), "%s", err.text);
    (void)close(visit(&addr));
}

TEST(what_is_in_use_or_no_socket_is_left_alone)
{
    struct house house, other;
    struct error err = { 0 };
    struct stat st;
    open_house(&house);
    open_house(&other);
    assert_true(try_listen(&house, house.path, 0600, &err));
    assert_false(try_listen(&other, house.path, 0600, &err));
    assert_non_null(strstr(err.text, "Address already in use"));
    (void)close(visit(&house.acceptor.addr)); /* the file still leads to the first acceptor */
    int file = open(other.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(file, "precious", 8), 8);
    (void)close(file);
    assert_false(try_listen(&other, other.path, 0600, &err));
    assert_int_equal(stat(other.path, &st), 0);
    assert_int_equal(st.st_size, 8);
    close_house(&other);
    close_house(&house);
}

/* A acceptor exists, but its process is stopped and its queue is full: a connect would wait until the process
 * goes on. */
TEST(a_socket_file_whose_owner_does_not_accept_is_left_alone_at_once)
{
    struct house house;
    struct error err = { 0 };
    struct stat st;
    int callers[GUESTS_MAX], stopped = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned count = 0;
    open_house(&house);
    struct addr addr = address(house.path);
    assert_int_equal(bind(stopped, &addr.u.any, addr.len), 0);
    assert_int_equal(listen(stopped, 0), 0);
    do {
        assert_true(count < GUESTS_MAX);
        callers[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    } while (connect(callers[count++], &addr.u.any, addr.len) == 0);
    assert_int_equal(errno, EAGAIN);
    assert_false(try_listen(&house, house.path, 0600, &err));
    assert_non_null(strstr(err.text, "Address already in use"));
    assert_int_equal(stat(house.path, &st), 0);
    while (count > 0)
        (void)close(callers[--count]);
    (void)close(stopped);
    close_house(&house);
}

HOUSE_TEST(a_folder_that_is_not_there_is_named)
{
    struct error err = { 0 };
    assert_false(try_listen(house, "/nowhere/at/all/s", 0600, &err));
    assert_string_equal(err.text, "listening on /nowhere/at/all/s: No such file or directory");
}

static void welcome_the_last(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct house *house = acceptor->owner;
    welcome(acceptor, take_fd, peer);
    if (house->count == 2)
        acceptor_close(acceptor);
}

HOUSE_TEST(an_acceptor_may_be_closed_while_it_accepts)
{
    struct error err = { 0 };
    int fds[4];
    unsigned before = open_descriptors();
    for (unsigned round = 0; round < 2; round++) { /* closed by its own callback, then opened a second time */
        struct addr addr = address(round == 0 ? "127.0.0.1:0" : house->path);
        assert_true(
            acceptor_open(&house->acceptor, &house->loop, &addr, 0600, welcome_the_last, house, &err));
        for (unsigned i = 0; i < 4; i++)
            fds[i] = visit(&house->acceptor.addr);
        while (house->count < 2)
            turn(&house->loop);
        turn_without_waiting(&house->loop);
        assert_int_equal(house->count, 2); /* the other clients were not accepted */
        for (unsigned i = 0; i < 4; i++)
            (void)close(fds[i]);
        while (house->count > 0)
            (void)close(house->guests[--house->count]);
        assert_int_equal(open_descriptors(), before);
    }
}

/* ---- no free descriptor: in a child process, which has its own limit ---- */

#define CHILD_MUST(condition)                                                                                \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            _exit(__LINE__ % 200 + 1);                                                                       \
    } while (0)

static bool is_turned_away(int fd)
{
    char byte;
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    return poll(&wait, 1, PATIENCE_SECONDS * 1000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

static void run_out_of_descriptors(struct house *house)
{
    enum { CLIENTS = 6, ROOM = 2 };
    int clients[CLIENTS];
    ev_loop_fork(house->loop.ev);
    turn_without_waiting(&house->loop);
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = visit(&house->acceptor.addr);
    /* The kernel uses the lowest free descriptor: exactly ROOM more can be opened. */
    int next = dup(0);
    (void)close(next);
    struct rlimit limit = { (rlim_t)next + ROOM, (rlim_t)next + ROOM };
    CHILD_MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while (house->acceptor.spare_fd >= 0)
        turn(&house->loop);
    CHILD_MUST(house->count == ROOM);
    CHILD_MUST(is_turned_away(clients[ROOM])); /* the client gets the error at once */
    CHILD_MUST(loop_timer_is_active(&house->acceptor.pause) && !ev_is_active(&house->acceptor.io));
    turn_without_waiting(&house->loop);
    CHILD_MUST(house->count == ROOM); /* the loop does not spin on the acceptor */
    for (unsigned i = 0; i < ROOM; i++) {
        (void)close(house->guests[i]);
        (void)close(clients[i]);
    }
    (void)close(clients[ROOM]);
    house->count = 0;
    while (house->count < CLIENTS - ROOM - 1)
        turn(&house->loop); /* after the pause the waiting clients are accepted */
    CHILD_MUST(house->acceptor.spare_fd >= 0);
    _exit(0);
}

HOUSE_TEST(out_of_descriptors_one_client_is_told_and_the_others_wait)
{
    struct error err = { 0 };
    int status;
    assert_true(try_listen(house, house->path, 0600, &err));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)alarm(PATIENCE_SECONDS); /* alarms are not inherited */
        log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, -1);
        run_out_of_descriptors(house);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_row(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
}

RUN_TESTS(NULL, NULL)
