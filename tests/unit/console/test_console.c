#include "../net/net_test.h"

#include "console/console.h"

static size_t command_end(struct span bytes)
{
    struct console_scan scan = { 0 };
    return console_command_end(&scan, bytes);
}

TEST(command_end_rows)
{
    static const struct {
        const char *bytes;
        size_t end; /* 0: not complete yet */
    } rows[] = {
        { "", 0 },
        { "show servers", 0 },
        { "show servers\n", 13 },
        { "show servers;", 13 },
        { "show servers\r\n", 14 },
        { "\n", 1 },
        { ";", 1 },
        { "a;b\n", 2 },
        { "a\nb;", 2 },
        { "explain 'SELECT 1;'\n", 20 },
        { "explain 'a\nb';x", 14 },
        { "explain \"a;b\";x", 14 },
        { "explain `a;b`;x", 14 },
        { "explain 'a", 0 },
        { "explain 'a;\n", 0 },
        { "explain 'it''s;';x", 17 },
        { "explain 'it\\'s;';x", 17 },
        { "explain 'a\\", 0 },
        { "explain 'a\\\\';x", 14 },
        { "explain `a\\`;x", 13 }, /* a backslash has no meaning between backquotes */
        { "explain 'a\"b`c';x", 16 },
        { "explain \\'a;b';x", 15 }, /* a backslash has no meaning outside quotes */
        { "a\\;b", 3 },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span bytes = span_cstr(rows[i].bytes);
        assert_row(command_end(bytes) == rows[i].end, "%s: %zu", rows[i].bytes, command_end(bytes));
        for (size_t len = 0; len < bytes.len; len++) /* byte by byte: the same end, and no earlier one */
            assert_row(command_end(span_of(bytes.data, len)) == (rows[i].end <= len ? rows[i].end : 0),
                       "%.*s", (int)len, rows[i].bytes);
        struct console_scan scan = { 0 };
        size_t end = 0;
        for (size_t len = 0; len <= bytes.len && end == 0;
             len++) /* the search continues where the last one ended */
            end = console_command_end(&scan, span_of(bytes.data, len));
        assert_row(end == rows[i].end, "%s: %zu byte by byte", rows[i].bytes, end);
        assert_true(end == 0 || (scan.seen == 0 && scan.quote == 0));
    }
}

/* A client may send the longest command one byte at a time: a search from the beginning for each byte would
 * take hours. */
TEST(each_byte_is_looked_at_once)
{
    static char bytes[CONSOLE_COMMAND_MAX];
    struct console_scan scan = { 0 };
    memset(bytes, ';', sizeof bytes);
    bytes[0] = bytes[sizeof bytes - 2] = '\'';
    (void)alarm(PATIENCE_SECONDS);
    for (size_t len = 1; len < sizeof bytes; len++)
        assert_int_equal(console_command_end(&scan, span_of(bytes, len)), 0);
    assert_int_equal(console_command_end(&scan, span_of(bytes, sizeof bytes)), sizeof bytes);
    (void)alarm(0);
}

TEST(zero_bytes_end_nothing)
{
    assert_int_equal(command_end(SPAN_LITERAL("a\0b\0;c")), 5);
    assert_int_equal(command_end(SPAN_LITERAL("'\0;'\0")), 0);
}

/* ---- over the console's socket ---- */

struct scene {
    struct loop loop;
    struct admin admin;
    struct console console;
    char folder[64], path[96];
    int fd; /* the client's */
};

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    scene->admin.loop = &scene->loop;
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/headgate-unit-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->path, sizeof scene->path, "%s/s", scene->folder);
    const struct admin_settings settings = { .socket = scene->path };
    assert_true(console_open(&scene->console, &scene->admin, &settings, &err));
    scene->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const struct addr *addr = &scene->console.acceptor.addr;
    assert_int_equal(connect(scene->fd, &addr->u.any, addr->len), 0);
}

static void close_scene(struct scene *scene)
{
    (void)close(scene->fd);
    console_close(&scene->console);
    assert_int_equal(rmdir(scene->folder), 0);
    close_loop(&scene->loop);
}

/* Sends all bytes and reads the answers. Returns how many lines of them are not empty. */
static unsigned converse(struct scene *scene, const char *bytes, size_t len, unsigned answers)
{
    static char heard[1 << 16];
    unsigned lines = 0;
    size_t sent = 0;
    char last = '\n';
    while (sent < len || lines < answers) {
        ssize_t n = send(scene->fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        turn_without_waiting(&scene->loop);
        while ((n = recv(scene->fd, heard, sizeof heard, 0)) > 0)
            for (ssize_t i = 0; i < n; last = heard[i++])
                lines += heard[i] == '\n' && last != '\n';
        assert_int_not_equal(n, 0);
    }
    return lines;
}

/* Each command is answered at once. Without a guard each answer would start the next command inside itself,
 * recursively. */
TEST(many_commands_in_one_go_are_answered_one_after_the_other)
{
    enum { COMMANDS = 40000 };
    static char bytes[2 * COMMANDS];
    struct scene scene;
    open_scene(&scene);
    for (unsigned i = 0; i < COMMANDS; i++)
        memcpy(bytes + 2 * (size_t)i, "x;", 2);
    (void)converse(&scene, "interactive\n", 12, 0);
    assert_int_equal(converse(&scene, bytes, sizeof bytes, COMMANDS), COMMANDS);
    close_scene(&scene);
}

TEST(who_does_not_read_its_answers_is_not_asked_for_more)
{
    enum { COMMANDS = 400000 };
    static char bytes[2 * COMMANDS];
    struct scene scene;
    size_t sent = 0;
    open_scene(&scene);
    for (unsigned i = 0; i < COMMANDS; i++)
        memcpy(bytes + 2 * (size_t)i, "x;", 2);
    (void)converse(&scene, "interactive\n", 12, 0);
    for (unsigned quiet = 0; quiet < 10; quiet++) {
        ssize_t n = send(scene.fd, bytes + sent, sizeof bytes - sent, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        quiet = n > 0 ? 0 : quiet;
        turn_without_waiting(&scene.loop);
    }
    assert_true(sent < sizeof bytes);
    /* From here on the client reads. */
    assert_int_equal(converse(&scene, bytes + sent, sizeof bytes - sent, COMMANDS), COMMANDS);
    close_scene(&scene);
}

TEST(the_last_command_may_lack_its_end)
{
    static const char *const rows[] = { "x", "x\n", "x;", "interactive\nx", "interactive\nx;x" };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        char heard[1024];
        ssize_t n;
        size_t len = 0;
        open_scene(&scene);
        assert_true(send(scene.fd, rows[i], strlen(rows[i]), 0) > 0);
        assert_int_equal(shutdown(scene.fd, SHUT_WR), 0);
        while ((n = recv(scene.fd, heard + len, sizeof heard - len - 1, 0)) !=
               0) { /* until the connection is closed */
            len += n > 0 ? (size_t)n : 0;
            turn_without_waiting(&scene.loop);
        }
        heard[len] = '\0';
        const char *second = strstr(heard + 1, "error: ");
        assert_row(strncmp(heard, "error: ", 7) == 0, "%s: %s", rows[i], heard);
        assert_row((second != NULL) == (strstr(rows[i], ";x") != NULL), "%s: %s", rows[i], heard);
        close_scene(&scene);
    }
}

RUN_TESTS(NULL, NULL)
