#include "console/mysql_console.h"

#include "admin/command.h"
#include "console/driver_queries.h"
#include "console/table_mysql.h"
#include "base/mem.h"
#include "mysql/client_login.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "net/dial.h"
#include "net/stream_packed.h"
#include "net/stream_tls.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#define SOCKET_MODE 0660
#define COMMAND_MAX (1024U * 1024U) /* the same limit as on the unix socket */
#define COLLATION 45                /* utf8mb4_general_ci */

/* CLIENT_MYSQL is set: there is no extended word. Session tracking is not offered: there is no state to
 * report. */
#define CAPS_OFFERED                                                                                         \
    (CAP_CLIENT_MYSQL | (CAPS_PER_HOP & ~CAP_SESSION_TRACK) | CAP_FOUND_ROWS | CAP_IGNORE_SPACE |            \
     CAP_MULTI_RESULTS | CAP_PS_MULTI_RESULTS | CAP_DEPRECATE_EOF)

struct guest {
    struct loop_corpse corpse;
    struct list_node in_console;
    struct mysql_console *console; /* borrows */
    struct stream stream;
    struct loop_timer deadline; /* for the login, then for the next command */
    struct client_login login;
    struct tls_server *tls;       /* one reference: the one of its greeting; NULL: TLS is off */
    struct text input;            /* owns; bytes received; begins with the packet being answered */
    struct text line;             /* owns: the command being run */
    struct driver_queries driver; /* the account, and the columns of the last answer */
    struct request request;
    struct log_scope client, user;
    char host[ADDR_TEXT_MAX];
    uint8_t seq;      /* sequence id of headgate's next packet */
    bool is_local;    /* over a unix socket */
    bool is_securing; /* the TLS handshake is under way */
    bool is_inside;
    bool is_running; /* a command waits for its answer */
    bool is_looping; /* run_next is active: on_done must not call it again */
    bool is_ending;  /* close when all output is sent */
    bool is_gone;    /* closed while a command was running: freed when it is done */
};

static void bury(struct loop_corpse *corpse)
{
    struct guest *guest = container_of(corpse, struct guest, corpse);
    text_fini(&guest->input);
    text_fini(&guest->line);
    mem_free(guest);
}

static void close_guest(struct guest *guest)
{
    if (!guest->is_gone) {
        loop_timer_stop(&guest->deadline);
        stream_close(&guest->stream);
        client_login_fini(&guest->login);
        tls_server_unref(&guest->tls);
        list_unlink(&guest->console->guests, &guest->in_console);
    }
    guest->is_gone = true;
    if (!guest->is_running)
        loop_bury(guest->console->admin->loop, &guest->corpse, bury);
}

static void on_deadline(struct loop_timer *timer)
{
    close_guest(container_of(timer, struct guest, deadline));
}

/* Starts the deadline for the client's next packet; a timeout of 0 is off. While a command runs there is no
 * deadline. */
static void set_deadline(struct guest *guest)
{
    const struct timeout_settings *timeouts = guest->console->admin->world->timeouts;
    uint64_t us = guest->is_inside ? timeouts->idle_client_us : timeouts->client_login_us;
    if (us > 0 && !guest->is_running)
        loop_timer_start(&guest->deadline, guest->console->admin->loop, us);
    else
        loop_timer_stop(&guest->deadline);
}

/* False when the guest is closed. */
static bool flush(struct guest *guest)
{
    enum stream_result result = stream_flush(&guest->stream);
    if (result == STREAM_FAILED || (result == STREAM_OK && guest->is_ending)) {
        close_guest(guest);
        return false;
    }
    bool is_blocked = result == STREAM_BLOCKED;
    bool is_deaf = guest->is_ending || guest->is_running || is_blocked || guest->stream.is_eof;
    stream_want(&guest->stream, (is_deaf ? 0 : EV_READ) | (is_blocked ? EV_WRITE : 0));
    return true;
}

/* ---- answers ---- */

static void put_ok(struct guest *guest)
{
    const struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
    reply_put_ok(&guest->stream.out, guest->seq++, guest->login.caps, &ok, false);
}

static void put_err(struct guest *guest, int code, const char *text)
{
    uint16_t number = code > 0 && code <= UINT16_MAX ? (uint16_t)code : ERR_UNKNOWN;
    reply_put_err(&guest->stream.out, guest->seq++, number, NULL, text);
}

static void put_table(struct guest *guest, const struct table *table)
{
    if (!table_render_mysql(table, guest->seq, guest->login.caps, STATUS_AUTOCOMMIT, &guest->stream.out))
        guest->stream.out.is_oom = true; /* the next flush then fails, and the connection is closed */
}

static void run_next(struct guest *guest);

static void on_done(struct request *request)
{
    struct guest *guest = request->owner;
    guest->is_running = false;
    if (guest->is_gone) {
        table_fini(&request->table);
        close_guest(guest);
        return;
    }
    if (request->error.text[0] != '\0')
        put_err(guest, ERR_UNKNOWN, request->error.text);
    else
        put_table(guest, &request->table);
    table_fini(&request->table);
    if (!guest->is_looping)
        run_next(guest);
}

/* ---- commands of the protocol ---- */

static void answer_query(struct guest *guest, struct span sql)
{
    struct error err = { 0 };
    struct table table = { 0 };
    switch (driver_queries_answer(&guest->driver, sql, &table, &err)) {
    case DRIVER_QUERY_OK:
        put_ok(guest);
        break;
    case DRIVER_QUERY_TABLE:
        put_table(guest, &table);
        break;
    case DRIVER_QUERY_ERROR:
        put_err(guest, err.code, err.text);
        break;
    case DRIVER_QUERY_NONE:
        text_clear(&guest->line);
        if (!text_append_span(&guest->line, sql)) {
            put_err(guest, ERR_OUT_OF_RESOURCES, "Out of memory");
            break;
        }
        guest->request = (struct request){
            .admin = guest->console->admin, .by = &guest->user, .on_done = on_done, .owner = guest
        };
        guest->is_running = true;
        command_run(&guest->request, text_span(&guest->line));
        return; /* on_done frees the table */
    }
    table_fini(&table);
}

static void do_nothing(struct guest *guest, struct span payload)
{
    (void)payload;
    put_ok(guest);
}

static void do_end(struct guest *guest, struct span payload)
{
    (void)payload;
    guest->is_ending = true;
}

static void do_query(struct guest *guest, struct span payload)
{
    answer_query(guest, span_of(payload.data + 1, payload.len - 1));
}

static void do_statistics(struct guest *guest, struct span payload)
{
    const struct admin *admin = guest->console->admin;
    (void)payload;
    size_t at = packet_begin(&guest->stream.out);
    (void)text_appendf(&guest->stream.out, "Uptime: %llu  Threads: %zu",
                       (unsigned long long)((admin->loop->now_us - admin->started_us) / 1000000),
                       guest->console->guests.count);
    packet_end(&guest->stream.out, at, guest->seq++);
}

static void do_set_option(struct guest *guest, struct span payload)
{
    (void)payload;
    reply_put_eof(&guest->stream.out, guest->seq++, STATUS_AUTOCOMMIT, 0);
}

static void do_prepare(struct guest *guest, struct span payload)
{
    (void)payload;
    put_err(guest, ERR_UNSUPPORTED_PS, "headgate: admin commands cannot be prepared: send them as queries");
}

/* Commands about a statement that was never prepared. The protocol has no answer to these commands. */
static void do_silence(struct guest *guest, struct span payload)
{
    (void)guest;
    (void)payload;
}

static const struct {
    enum command_byte byte;
    void (*run)(struct guest *guest, struct span payload);
} commands[] = {
    { COM_QUERY, do_query },
    { COM_QUIT, do_end },
    { COM_PING, do_nothing },
    { COM_INIT_DB, do_nothing },
    { COM_RESET_CONNECTION, do_nothing },
    { COM_STATISTICS, do_statistics },
    { COM_SET_OPTION, do_set_option },
    { COM_STMT_PREPARE, do_prepare },
    { COM_STMT_CLOSE, do_silence },
    { COM_STMT_SEND_LONG_DATA, do_silence },
};

static void run_command(struct guest *guest, struct span payload)
{
    for (size_t i = 0; payload.len > 0 && i < sizeof commands / sizeof *commands; i++)
        if (commands[i].byte == payload.data[0]) {
            commands[i].run(guest, payload);
            return;
        }
    put_err(guest, ERR_UNKNOWN_COM, "Unknown command");
}

/* ---- login ---- */

static bool find_user(void *context, const char *name, struct auth_secret *secret_r)
{
    const struct guest *guest = context;
    const struct admin_settings *settings = guest->console->settings;
    for (size_t i = 0; i < settings->user_count; i++)
        if (strcmp(settings->users[i].name, name) == 0)
            return admin_user_secret(&settings->users[i], secret_r);
    return false;
}

/* ---- TLS ---- */

static void tls_has_failed(struct guest *guest, const struct error *err)
{
    log_limited(LOG_LEVEL_WARNING, &guest->client, "admin: %s", err->text);
    close_guest(guest);
}

/* `request`: the packet that asked for TLS, at the front of the input. */
static void begin_tls(struct guest *guest, struct span request)
{
    struct error err = { 0 };
    struct span input = text_span(&guest->input);
    size_t len = PACKET_HEADER_BYTES + request.len;
    guest->is_securing = true;
    if (!stream_secure_client(&guest->stream, guest->tls->context, span_of(input.data + len, input.len - len),
                              &err))
        tls_has_failed(guest, &err);
}

static void go_on_with_tls(struct guest *guest)
{
    struct error err = { 0 };
    int want = EV_READ;
    switch (stream_handshake(&guest->stream, &want, &err)) {
    case STREAM_OK:
        guest->is_securing = false;
        guest->login.is_safe = true;
        stream_want(&guest->stream, EV_READ);
        break;
    case STREAM_BLOCKED:
        stream_want(&guest->stream, want);
        break;
    case STREAM_EOF:
    case STREAM_FAILED:
        tls_has_failed(guest, &err);
        break;
    }
}

static void put_login_ok(struct guest *guest)
{
    uint8_t proof[CERTIFICATE_PROOF_BYTES];
    struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
    if (guest->tls != NULL)
        ok.info = client_login_prove(&guest->login, tls_server_fingerprint(guest->tls), proof);
    reply_put_ok(&guest->stream.out, guest->seq++, guest->login.caps, &ok, false);
}

static void log_in(struct guest *guest, struct span payload, uint8_t seq)
{
    struct error err = { 0 };
    enum client_login_verdict verdict = client_login_feed(&guest->login, payload, seq, guest->host, find_user,
                                                          guest, &guest->stream.out, &err);
    if (verdict == CLIENT_LOGIN_REFUSED) {
        log_limited(LOG_LEVEL_WARNING, NULL, "admin: %s", err.text);
        guest->is_ending = true;
    } else if (verdict == CLIENT_LOGIN_TLS) {
        begin_tls(guest, payload);
    } else if (verdict == CLIENT_LOGIN_ACCEPTED) {
        guest->is_inside = true;
        guest->driver.user = guest->user.text = guest->login.user;
        guest->seq = guest->login.seq;
        put_login_ok(guest);
        /* Compression is not offered here, but PHP's mysqlnd uses it anyway if configured. */
        const struct frames_manner as_it_is = { .algorithm = COMPRESS_ZLIB, .never_packs = true };
        if ((guest->login.caps & CAP_COMPRESS) != 0 && !stream_pack(&guest->stream, &as_it_is))
            guest->is_ending = true;
        log_info(&guest->user, "admin: logged in");
    }
}

/* ---- packets ---- */

/* The packet at the front of the input. False: it is not complete, or it is not valid. */
static bool peek(struct guest *guest, struct span *payload_r, uint8_t *seq_r)
{
    struct packet_header header;
    struct span input = text_span(&guest->input);
    if (!packet_peek(input, &header))
        return false;
    if (header.len > (guest->is_inside ? COMMAND_MAX : CLIENT_LOGIN_PACKET_MAX)) {
        guest->seq = (uint8_t)(header.seq + 1);
        put_err(guest, ERR_PACKET_TOO_LARGE, "Got a packet bigger than 'max_allowed_packet' bytes");
        guest->is_ending = true;
        return false;
    }
    if (input.len < PACKET_HEADER_BYTES + header.len)
        return false;
    *payload_r = span_of(input.data + PACKET_HEADER_BYTES, header.len);
    *seq_r = header.seq;
    return true;
}

/* Runs the packets one after the other; each starts when the previous answer has been sent. See console.c. */
static void run_next(struct guest *guest)
{
    struct span payload;
    uint8_t seq;
    if (guest->is_running || !flush(guest))
        return;
    guest->is_looping = true;
    while (!guest->is_running && !guest->is_ending && !stream_has_output(&guest->stream) &&
           peek(guest, &payload, &seq)) {
        guest->seq = (uint8_t)(seq + 1);
        stream_restart(&guest->stream);
        if (!guest->is_inside)
            log_in(guest, payload, seq);
        else
            run_command(guest, payload);
        if (guest->is_securing) { /* nothing behind the request is a packet */
            text_clear(&guest->input);
            break;
        }
        text_consume(&guest->input, PACKET_HEADER_BYTES + payload.len);
        if (!guest->is_running && !flush(guest))
            break;
    }
    guest->is_looping = false;
    if (guest->is_gone)
        return;
    if (guest->is_securing) {
        go_on_with_tls(guest);
        return;
    }
    if (guest->stream.is_eof && !guest->is_running && !stream_has_output(&guest->stream))
        guest->is_ending = true;
    if (flush(guest))
        set_deadline(guest);
}

static void on_ready(struct stream *stream, int events)
{
    struct guest *guest = stream->owner;
    if (guest->is_securing) {
        go_on_with_tls(guest);
        return;
    }
    if (events & EV_READ) {
        enum stream_result result = stream_fill(stream);
        struct span bytes = buf_unparsed(&stream->in);
        bool is_kept = text_append_span(&guest->input, bytes);
        buf_mark_parsed(&stream->in, bytes.len);
        buf_drop_parsed(&stream->in);
        stream_trim(stream);
        if (result == STREAM_FAILED || !is_kept) {
            close_guest(guest);
            return;
        }
    }
    run_next(guest);
}

/* ---- new connections ---- */

static bool greet(struct guest *guest)
{
    guest->driver.connection_id = ++guest->console->last_id;
    struct greeting greeting = { .version = span_cstr(DRIVER_QUERY_VERSION),
                                 .connection_id = guest->driver.connection_id,
                                 .caps = CAPS_OFFERED | (guest->tls != NULL ? CAP_SSL : 0),
                                 .collation = COLLATION,
                                 .status = STATUS_AUTOCOMMIT };
    bool is_put = client_login_greet(&guest->login, &greeting, &guest->stream.out);
    guest->login.is_safe = guest->is_local;
    guest->login.must_be_safe = guest->console->tls_mode == TLS_MODE_REQUIRED;
    guest->login.takes_sha2 = true; /* the mysql client of new versions knows no other plugin */
    return is_put;
}

static void on_accept(struct acceptor *acceptor, int take_fd, const struct addr *peer)
{
    struct mysql_console *console = acceptor->owner;
    const struct timeout_settings *timeouts = console->admin->world->timeouts;
    const struct socket_options options = { timeouts->tcp_keepalive_us, timeouts->tcp_user_timeout_us };
    struct guest *guest = NULL;
    if (console->guests.count < MYSQL_CONSOLE_GUESTS_MAX)
        guest = mem_zalloc(sizeof *guest);
    if (guest == NULL) {
        log_limited(LOG_LEVEL_WARNING, NULL, "admin address: a client was turned away, %zu are there",
                    console->guests.count);
        limits_turn_away(take_fd, ERR_CON_COUNT, "headgate: too many admin connections");
        (void)close(take_fd);
        return;
    }
    socket_tune(take_fd, peer, &options);
    guest->console = console;
    guest->is_local = addr_is_local(peer);
    guest->tls = console->tls != NULL ? tls_server_ref(console->tls) : NULL;
    guest->client = (struct log_scope){ .key = "client", .text = addr_format_host(peer, guest->host) };
    guest->user = (struct log_scope){ .parent = &guest->client, .key = "user", .text = "" };
    stream_open(&guest->stream, console->admin->loop, take_fd, on_ready, guest);
    list_link_last(&console->guests, &guest->in_console);
    loop_timer_init(&guest->deadline, on_deadline);
    if (!greet(guest))
        guest->is_ending = true;
    run_next(guest);
}

bool mysql_console_open(struct mysql_console *console, struct admin *admin,
                        const struct admin_settings *settings, const struct tls_certificate *self_made,
                        struct error *err)
{
    struct addr addr;
    char text[ADDR_TEXT_MAX];
    *console = (struct mysql_console){ .admin = admin, .settings = settings, .tls_mode = settings->tls.mode };
    list_init(&console->guests);
    if (settings->address == NULL)
        return true;
    if (!tls_settings_load(&settings->tls, self_made, NULL, &console->tls, err))
        return error_wrap(err, "admin: tls");
    if (!addr_parse_listen(settings->address, &addr, err) ||
        !acceptor_open(&console->acceptor, admin->loop, &addr, SOCKET_MODE, on_accept, console, err))
        return error_wrap(err, "admin address");
    log_info(NULL, "admin commands are answered over the MySQL protocol at %s",
             addr_format(&console->acceptor.addr, text));
    return true;
}

void mysql_console_set_tls(struct mysql_console *console, struct tls_server *take_tls, int mode)
{
    tls_server_unref(&console->tls);
    console->tls = take_tls;
    console->tls_mode = mode;
}

void mysql_console_close(struct mysql_console *console)
{
    struct list_node *node;
    acceptor_close(&console->acceptor);
    while (console->guests.head.next != NULL && (node = list_first(&console->guests)) != NULL)
        close_guest(list_entry(node, struct guest, in_console));
    tls_server_unref(&console->tls);
}
