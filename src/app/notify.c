#include "app/notify.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Time for the end of the shutdown, after the last session has ended: joining threads, closing sockets. */
#define STOP_MARGIN_US 10000000U

/* A busy manager's queue may be full for a moment. Without READY=1 the manager would kill the process. */
#define VITAL_WAIT_S 10

/* Fills in the address that $NOTIFY_SOCKET names. Returns its length; 0: there is none. A leading '@' stands
 * for the NUL byte of an abstract socket. */
static socklen_t manager_address(struct sockaddr_un *address)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return 0;
    size_t len = strlen(path);
    if (len < 2 || len >= sizeof address->sun_path)
        return 0;
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, len);
    if (path[0] == '@')
        address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* Each message gets a socket of its own: messages are rare, and no socket has to be kept. `is_vital`: waits
 * while the manager's queue is full. */
static void tell(const struct text *message, bool is_vital)
{
    const struct timeval time_limit = { .tv_sec = VITAL_WAIT_S };
    struct sockaddr_un address;
    socklen_t len = manager_address(&address);
    if (len == 0 || message->is_oom)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && is_vital)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time_limit, sizeof time_limit);
    if (fd < 0 || sendto(fd, message->data, message->len, MSG_NOSIGNAL | (is_vital ? 0 : MSG_DONTWAIT),
                         (const struct sockaddr *)&address, len) < 0)
        log_limited(LOG_LEVEL_WARNING, NULL, "telling the service manager: %s", strerrordesc_np(errno));
    if (fd >= 0)
        (void)close(fd);
}

/* `state`: lines of variables. `status`: the line for `systemctl status`, or NULL. */
static void tell_state(const char *state, const char *status, bool is_vital)
{
    struct text message = { 0 };
    (void)text_append_cstr(&message, state);
    if (status != NULL) {
        /* Each variable is a line: a newline inside a value must not begin another variable. */
        (void)text_append_cstr(&message, "STATUS=");
        for (; *status != '\0'; status++)
            (void)text_append_byte(&message, (uint8_t)*status < ' ' ? ' ' : (uint8_t)*status);
        (void)text_append_byte(&message, '\n');
    }
    tell(&message, is_vital);
    text_fini(&message);
}

void notify_ready(const char *status)
{
    tell_state("READY=1\n", status, true);
}

void notify_reloading(void)
{
    char state[64];
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\n", clock_monotonic_us());
    tell_state(state, NULL, true);
}

void notify_status(const char *status)
{
    tell_state("", status, false);
}

void notify_stopping(uint64_t within_us, const char *status)
{
    char state[64];
    (void)snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\n",
                   within_us + STOP_MARGIN_US);
    tell_state(state, status, true);
}

void notify_watchdog(void)
{
    tell_state("WATCHDOG=1\n", NULL, false);
}

uint64_t notify_watchdog_us(void)
{
    const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t us, number;
    if (period == NULL || !span_to_u64(span_cstr(period), &us))
        return 0;
    if (pid != NULL && (!span_to_u64(span_cstr(pid), &number) || number != (uint64_t)getpid()))
        return 0;
    return us;
}
