#include "console/console.h"

#include "admin/command.h"
#include "admin/doctor.h"
#include "admin/pause.h"
#include "admin/table_json.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/stream.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_MODE 0660 /* for owner and group: connecting needs the write permission */

struct connection {
    struct loop_corpse corpse;
    struct list_node in_console;
    struct console *console; /* borrows */
    struct stream stream;
    struct text input;        /* owns; bytes received */
    size_t taken;             /* bytes of `input` that were taken as commands */
    struct console_scan scan; /* of the input after `taken` */
    struct text line;         /* owns: the command being run */
    struct request request;
    struct log_scope uid, pid; /* of the client's process, for the log */
    bool is_running;           /* a command waits for its answer */
    bool is_looping;           /* run_next is active: on_done must not call it again */
    bool is_interactive;
    bool is_json;   /* the running command is answered in JSON */
    bool is_ending; /* close when all output is sent */
    bool is_gone;   /* closed while a command was running: freed when it is done */
};

size_t console_command_end(struct console_scan *scan, struct span bytes)
{
    size_t i = scan->seen;
    for (; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        if (scan->quote != 0) {
            if (c == '\\' && scan->quote != '`')
                i++;
            else if (c == scan->quote)
                scan->quote = 0;
        } else if (c == '\'' || c == '"' || c == '`') {
            scan->quote = c;
        } else if (c == '\n' || c == ';') {
            *scan = (struct console_scan){ 0 };
            return i + 1;
        }
    }
    scan->seen = i; /* may be bytes.len + 1: the byte after a backslash at the end is skipped */
    return 0;
}

static void bury(struct loop_corpse *corpse)
{
    struct connection *connection = container_of(corpse, struct connection, corpse);
    text_fini(&connection->input);
    text_fini(&connection->line);
    mem_free(connection);
}

static void close_connection(struct connection *connection)
{
    struct loop *loop = connection->console->admin->loop;
    if (!connection->is_gone) {
        stream_close(&connection->stream);
        list_unlink(&connection->console->connections, &connection->in_console);
    }
    connection->is_gone = true;
    if (!connection->is_running)
        loop_bury(loop, &connection->corpse, bury);
}

/* False when the connection is gone. */
static bool flush(struct connection *connection)
{
    enum stream_result result = stream_flush(&connection->stream);
    if (result == STREAM_FAILED || (result == STREAM_OK && connection->is_ending)) {
        close_connection(connection);
        return false;
    }
    bool is_blocked =
        result == STREAM_BLOCKED; /* no more commands are read from a client that does not read its answers */
    int read = connection->is_ending || connection->is_running || is_blocked ? 0 : EV_READ;
    stream_want(&connection->stream, read | (is_blocked ? EV_WRITE : 0));
    return true;
}

static void run_next(struct connection *connection);

static void render(struct connection *connection)
{
    struct request *request = &connection->request;
    struct text *out = &connection->stream.out;
    bool has_error = request->error.text[0] != '\0';
    if (has_error && connection->is_json)
        (void)table_render_json_error(request->error.text, out);
    else if (has_error)
        (void)text_appendf(out, "error: %s\n", request->error.text);
    else if (connection->is_json)
        (void)table_render_json(&request->table, out);
    else
        (void)table_render_text(&request->table, out);
    if (connection->is_interactive)
        (void)text_append_byte(out, '\n');
}

static void on_done(struct request *request)
{
    struct connection *connection = request->owner;
    connection->is_running = false;
    if (connection->is_gone) {
        table_fini(&request->table);
        close_connection(connection);
        return;
    }
    render(connection);
    table_fini(&request->table);
    connection->is_ending = !connection->is_interactive;
    if (!connection->is_looping)
        run_next(connection);
}

static bool take_word(struct span *line, const char *word)
{
    struct span rest = *line;
    size_t len = strlen(word);
    while (rest.len > 0 && (*rest.data == ' ' || *rest.data == '\t'))
        rest = span_of(rest.data + 1, rest.len - 1);
    if (rest.len < len || !span_equal_nocase(span_of(rest.data, len), span_cstr(word)))
        return false;
    if (rest.len > len && rest.data[len] > ' ' && rest.data[len] != ';')
        return false;
    *line = span_of(rest.data + len, rest.len - len);
    return true;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] > ' ' && line.data[i] != ';')
            return false;
    return true;
}

static void run_line(struct connection *connection)
{
    struct span line = text_span(&connection->line);
    if (take_word(&line, "interactive") && is_blank(line)) {
        connection->is_interactive = true;
        return;
    }
    connection->is_json = take_word(&line, "json");
    if (connection->is_interactive && !connection->is_json && is_blank(line))
        return;
    connection->request = (struct request){
        .admin = connection->console->admin, .by = &connection->pid, .on_done = on_done, .owner = connection
    };
    connection->is_running = true;
    command_run(&connection->request, line);
}

/* False when there is no complete command, or the connection is closed. */
static bool take_command(struct connection *connection)
{
    struct text *input = &connection->input;
    struct span rest = text_span(input);
    if (connection->taken > 0)
        rest = span_of(rest.data + connection->taken, rest.len - connection->taken);
    size_t len = console_command_end(&connection->scan, rest);
    if (len == 0 && connection->stream.is_eof)
        len = rest.len; /* the last command may lack its newline */
    if (len == 0)
        return false;
    connection->taken += len;
    text_clear(&connection->line);
    if (text_append(&connection->line, rest.data, len))
        return true;
    close_connection(connection);
    return false;
}

/* Runs the commands one after the other; each starts when the previous answer has been sent. Many answers
 * come at once: then this loop runs the next command, not on_done, because recursion would let a client fill
 * the stack. */
static void run_next(struct connection *connection)
{
    if (connection->is_running || !flush(connection))
        return;
    connection->is_looping = true;
    while (!connection->is_running && !connection->is_ending && !stream_has_output(&connection->stream) &&
           take_command(connection)) {
        run_line(connection);
        if (!connection->is_running && !flush(connection))
            break;
    }
    connection->is_looping = false;
    text_consume(&connection->input, connection->taken);
    connection->taken = 0;
    if (connection->is_gone)
        return;
    if (connection->stream.is_eof && connection->input.len == 0 && !connection->is_running)
        connection->is_ending = true;
    (void)flush(connection);
}

static void on_ready(struct stream *stream, int events)
{
    struct connection *connection = stream->owner;
    if (events & EV_READ) {
        enum stream_result result = stream_fill(stream);
        struct span bytes = buf_unparsed(&stream->in);
        bool is_kept = text_append_span(&connection->input, bytes);
        buf_mark_parsed(&stream->in, bytes.len);
        buf_drop_parsed(&stream->in);
        stream_trim(stream);
        if (result == STREAM_FAILED || !is_kept || connection->input.len > CONSOLE_COMMAND_MAX) {
            close_connection(connection);
            return;
        }
    }
    run_next(connection);
}

static void note_peer(struct connection *connection, int fd)
{
    struct ucred peer = { 0 };
    socklen_t len = sizeof peer;
    bool is_known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0;
    connection->uid = (struct log_scope){ .key = "uid", .text = is_known ? NULL : "?", .number = peer.uid };
    connection->pid = (struct log_scope){
        .parent = &connection->uid, .key = "pid", .text = is_known ? NULL : "?", .number = (uint64_t)peer.pid
    };
}

static void on_accept(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct console *console = acceptor->owner;
    struct connection *connection = NULL;
    (void)peer;
    if (console->connections.count < CONSOLE_CONNECTIONS_MAX)
        connection = mem_zalloc(sizeof *connection);
    if (connection == NULL) {
        log_limited(LOG_LEVEL_WARNING, NULL, "admin socket: a connection was turned away, %zu are open",
                    console->connections.count);
        (void)close(take_fd);
        return;
    }
    connection->console = console;
    note_peer(connection, take_fd);
    stream_open(&connection->stream, console->admin->loop, take_fd, on_ready, connection);
    list_link_last(&console->connections, &connection->in_console);
    stream_want(&connection->stream, EV_READ);
}

/* Gives the socket to its group. The group existed when the configuration was checked. */
static bool give_to_group(const char *path, const char *name, struct error *err)
{
    const struct group *group = getgrnam(name);
    if (group == NULL)
        return error_set(err, 0, "there is no group \"%s\"", name);
    return chown(path, (uid_t)-1, group->gr_gid) == 0 ||
           error_errno(err, errno, "giving %s to group %s", path, name);
}

bool console_open(struct console *console, struct admin *admin, const struct admin_settings *settings,
                  struct error *err)
{
    struct addr addr;
    *console = (struct console){ .admin = admin };
    list_init(&console->connections);
    if (!pause_init(admin))
        return error_set(err, 0, "admin socket: out of memory");
    if (!addr_parse(settings->socket, &addr, err) ||
        !acceptor_open(&console->acceptor, admin->loop, &addr, SOCKET_MODE, on_accept, console, err) ||
        (settings->group != NULL && !give_to_group(settings->socket, settings->group, err)))
        return error_wrap(err, "admin socket");
    return true;
}

void console_close(struct console *console)
{
    struct list_node *node;
    acceptor_close(&console->acceptor);
    while (console->connections.head.next != NULL && (node = list_first(&console->connections)) != NULL)
        close_connection(list_entry(node, struct connection, in_console));
    doctor_fini(console->admin);
    pause_fini(console->admin);
}
