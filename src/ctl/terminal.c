#include "ctl/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define OTHER_SCREEN "\033[?1049h\033[?25l" /* and no cursor */
#define OWN_SCREEN "\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

static struct termios before;
static volatile sig_atomic_t must_end;

bool terminal_is_there(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void on_signal(int number)
{
    if (number != SIGWINCH) /* SIGWINCH only ends the wait for a key */
        must_end = 1;
}

static bool write_all(struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes.data, bytes.len);
        if (done < 0 && (errno != EINTR || must_end))
            return false;
        if (done > 0)
            bytes = span_of(bytes.data + done, bytes.len - (size_t)done);
    }
    return true;
}

bool terminal_begin(struct error *err)
{
    struct termios raw;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return error_errno(err, errno, "the terminal");
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    must_end = 0;
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
    struct sigaction action = { .sa_handler = on_signal };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaction(numbers[i], &action, NULL);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        return error_errno(err, errno, "the terminal");
    (void)write_all(SPAN_LITERAL(OTHER_SCREEN));
    return true;
}

void terminal_end(void)
{
    must_end = 0;
    (void)write_all(SPAN_LITERAL(OWN_SCREEN));
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void terminal_size(size_t *width_r, size_t *height_r)
{
    struct winsize size = { 0 };
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    *width_r = is_known && size.ws_col > 0 ? size.ws_col : 80;
    *height_r = is_known && size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal_draw(struct span lines)
{
    struct text out = { 0 };
    (void)text_append_cstr(&out, HOME);
    while (lines.len > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.len);
        size_t len = end == NULL ? lines.len : (size_t)(end - lines.data);
        (void)text_append_cstr(&out, CLEAR_LINE); /* after a full line it would erase a character */
        (void)text_append(&out, lines.data, len);
        (void)text_append_byte(&out, '\n');
        len += end != NULL;
        lines = span_of(lines.data + len, lines.len - len);
    }
    (void)text_append_cstr(&out, CLEAR_REST);
    bool is_drawn = !out.is_oom && write_all(text_span(&out));
    text_fini(&out);
    return is_drawn;
}

int terminal_key(int wait_ms)
{
    struct pollfd waiter = { .fd = STDIN_FILENO, .events = POLLIN };
    unsigned char key;
    if (must_end)
        return -1;
    int ready = poll(&waiter, 1, wait_ms);
    if (ready <= 0)
        return must_end ? -1 : 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? key : -1;
}
