#include "ctl/link.h"

#include "ctl/line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 10000 /* for the next bytes of an answer, or for room to send */
#define ANSWER_BYTES_MAX ((size_t)256 << 20)
#define READ_BYTES 16384U

void link_close(struct link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    text_clear(&link->in);
}

bool link_open(struct link *link, struct error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!span_copy_cstr(span_cstr(link->path), address.sun_path, sizeof address.sun_path))
        return error_set(err, ENAMETOOLONG, "the path of the socket is too long: %s", link->path);
    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        return error_errno(err, errno, "no socket");
    if (connect(link->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    int why = errno;
    link_close(link);
    return error_errno(err, why, "connect to headgate at %s", link->path);
}

static bool link_wait(const struct link *link, short events, struct error *err)
{
    struct pollfd waiter = { .fd = link->fd, .events = events };
    int ready;
    do
        ready = poll(&waiter, 1, WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return error_errno(err, errno, "wait for headgate at %s", link->path);
    if (ready == 0)
        return error_set(err, ETIMEDOUT, "headgate at %s: nothing for %d seconds", link->path,
                         WAIT_MS / 1000);
    return true;
}

static bool link_send(struct link *link, struct span bytes, struct error *err)
{
    while (bytes.len > 0) {
        ssize_t sent = send(link->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return error_errno(err, errno, "send to headgate at %s", link->path);
        if (sent < 0 && !link_wait(link, POLLOUT, err))
            return false;
        if (sent > 0)
            bytes = span_of(bytes.data + sent, bytes.len - (size_t)sent);
    }
    return true;
}

/* Receive once; *is_end_r at the end of the connection. */
static bool link_receive(struct link *link, bool *is_end_r, struct error *err)
{
    char *place = text_reserve(&link->in, READ_BYTES);
    if (place == NULL || link->in.len > ANSWER_BYTES_MAX)
        return error_set(err, ENOMEM, "the answer is too long");
    if (!link_wait(link, POLLIN, err))
        return false;
    ssize_t got = recv(link->fd, place, READ_BYTES, 0);
    if (got < 0)
        return error_errno(err, errno, "receive from headgate at %s", link->path);
    link->in.len += (size_t)got;
    *is_end_r = got == 0;
    return true;
}

/* Length of the answer at the front, without the empty line that ends it. False: the end has not been
 * received. *seen: where the search continues after more bytes. */
static bool find_end(const struct text *in, size_t *seen, size_t *len_r)
{
    if (in->len > 0 && in->data[0] == '\n') {
        *len_r = 0;
        return true;
    }
    const char *end = in->len > *seen ? memmem(in->data + *seen, in->len - *seen, "\n\n", 2) : NULL;
    *seen = in->len > 0 ? in->len - 1 : 0;
    if (end != NULL)
        *len_r = (size_t)(end - in->data) + 1;
    return end != NULL;
}

/* Receives one whole answer, and appends it to `answer`. */
static bool link_answer(struct link *link, struct text *answer, struct error *err)
{
    size_t seen = 0, len = 0;
    bool is_end = false;
    while (!is_end) {
        if (link->is_interactive && find_end(&link->in, &seen, &len)) {
            (void)text_append(answer, link->in.data, len);
            text_consume(&link->in, len + 1);
            return true;
        }
        if (!link_receive(link, &is_end, err))
            return false;
    }
    if (link->is_interactive || link->in.len == 0)
        return error_set(err, ECONNRESET, "headgate at %s closed the connection without an answer",
                         link->path);
    (void)text_append_span(answer, text_span(&link->in));
    return true;
}

bool link_ask(struct link *link, struct span words, bool is_json, struct text *answer, struct error *err)
{
    struct text command = { 0 };
    bool is_answered = line_make(words, is_json, &command, err) &&
                       link_send(link, text_span(&command), err) && link_answer(link, answer, err);
    text_fini(&command);
    return is_answered;
}

bool link_open_lasting(struct link *link, struct error *err)
{
    link->is_interactive = true;
    bool is_open = link_open(link, err) && link_send(link, SPAN_LITERAL("interactive\n"), err);
    if (!is_open)
        link_close(link);
    return is_open;
}

bool link_ask_table(struct link *link, const char *words, struct json_table *table_r, struct error *err)
{
    struct text answer = { 0 };
    bool is_good =
        link_ask(link, span_cstr(words), true, &answer, err) && json_table_parse(table_r, &answer, err);
    text_fini(&answer);
    return is_good;
}
