/* The bytes that arrive at the service manager's socket; and no message without a manager. */
#include "../base/unit.h"

#include "app/notify.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEARING_MS = 60000 };

/* Opens the manager's end: an abstract socket whose name the kernel chooses. */
static int open_manager(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t len = sizeof address.sun_family;
    char name[sizeof address.sun_path + 1] = "@";
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    memcpy(name + 1, address.sun_path + 1, len - offsetof(struct sockaddr_un, sun_path) - 1);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

/* Returns the next message; it was sent before the call. */
static const char *heard(int fd)
{
    static char message[4096];
    struct pollfd waiter = { .fd = fd, .events = POLLIN };
    assert_int_equal(poll(&waiter, 1, HEARING_MS), 1);
    ssize_t len = recv(fd, message, sizeof message - 1, 0);
    assert_true(len > 0);
    message[len] = '\0';
    return message;
}

static void assert_silence(int fd)
{
    char byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
}

TEST(every_state_is_told_in_the_managers_words)
{
    int fd = open_manager();
    notify_ready("main: db1 is the primary");
    assert_string_equal(heard(fd), "READY=1\nSTATUS=main: db1 is the primary\n");
    notify_status("main: no primary");
    assert_string_equal(heard(fd), "STATUS=main: no primary\n");
    notify_watchdog();
    assert_string_equal(heard(fd), "WATCHDOG=1\n");
    notify_stopping(30000000, "stopping");
    assert_string_equal(heard(fd), "STOPPING=1\nEXTEND_TIMEOUT_USEC=40000000\nSTATUS=stopping\n");
    assert_silence(fd);
    (void)close(fd);
}

TEST(a_reload_is_told_with_the_monotonic_time)
{
    int fd = open_manager();
    uint64_t before = clock_monotonic_us(), told = 0;
    notify_reloading();
    uint64_t after = clock_monotonic_us();
    assert_int_equal(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64 "\n", &told), 1);
    assert_in_range(told, before, after);
    (void)close(fd);
}

TEST(what_a_status_says_is_one_line)
{
    int fd = open_manager();
    notify_status("a\nREADY=1\r\tb");
    assert_string_equal(heard(fd), "STATUS=a READY=1  b\n");
    (void)close(fd);
}

TEST(a_socket_in_the_file_system_is_as_good)
{
    char folder[] = "/tmp/headgate-unit-XXXXXX";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_non_null(mkdtemp(folder));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", folder);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
    notify_watchdog();
    assert_string_equal(heard(fd), "WATCHDOG=1\n");
    (void)close(fd);
    (void)unlink(address.sun_path);
    (void)rmdir(folder);
}

/* No socket, no such socket, a name that is too long, another kind of address: no failure, and no call
 * blocks. */
TEST(nobody_who_listens_is_no_failure)
{
    char long_name[300] = "/";
    memset(long_name + 1, 'x', sizeof long_name - 2);
    const char *const names[] = {
        "", "@", "/", "relative", "vsock:2:1234", "/nonexistent/notify", long_name
    };
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, null);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    notify_ready("");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", names[i], 1), 0);
        notify_ready("");
    }
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    (void)close(null);
}

/* Fills the manager's queue with watchdog messages: those that do not fit are dropped. */
static void fill(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, null);
    for (int i = 0; i < 2000; i++)
        notify_watchdog();
    log_configure(LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO);
    (void)close(null);
}

TEST(signs_of_life_are_dropped_where_nobody_reads)
{
    int fd = open_manager();
    fill();
    assert_string_equal(heard(fd), "WATCHDOG=1\n");
    (void)close(fd);
}

static void *say_ready(void *context)
{
    (void)context;
    notify_ready("at last");
    return NULL;
}

/* However long the manager is busy, the beginning of a state is not lost. */
TEST(a_state_waits_for_a_manager_that_is_busy)
{
    pthread_t thread;
    int fd = open_manager();
    fill();
    assert_int_equal(pthread_create(&thread, NULL, say_ready, NULL), 0);
    const char *message;
    do
        message = heard(fd);
    while (strcmp(message, "WATCHDOG=1\n") == 0);
    assert_string_equal(message, "READY=1\nSTATUS=at last\n");
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(fd);
}

TEST(signs_of_life_are_wanted_of_this_process_only)
{
    char number[32];
    assert_int_equal(unsetenv("WATCHDOG_PID") | unsetenv("WATCHDOG_USEC"), 0);
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30000000", 1), 0);
    assert_int_equal(notify_watchdog_us(), 30000000);
    (void)snprintf(number, sizeof number, "%ld", (long)getpid());
    assert_int_equal(setenv("WATCHDOG_PID", number, 1), 0);
    assert_int_equal(notify_watchdog_us(), 30000000);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(setenv("WATCHDOG_PID", "what", 1), 0);
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "30s", 1), 0);
    assert_int_equal(notify_watchdog_us(), 0);
    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
}

RUN_TESTS(NULL, NULL)
