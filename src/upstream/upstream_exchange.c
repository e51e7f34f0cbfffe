#include "upstream/upstream_exchange.h"

#include "base/mem.h"
#include "upstream/upstream_inside.h"
#include "upstream/upstream_login.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/sesstrack.h"
#include "mysql/wire.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the answer ---- */

/* The server's packets are no answer to headgate's command: the protocol is out of step, and the connection
 * fails. */
static void fail_answer(struct upstream *upstream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fail_answer(struct upstream *upstream, const char *format, ...)
{
    struct error err = { 0 };
    char came[128];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(came, sizeof came, format, args);
    va_end(args);
    (void)error_set(&err, 0, "%s: %s of our own: %s", UPSTREAM_WHERE(upstream),
                    command_find(upstream->asked)->name, came);
    upstream_fail(upstream, &err);
}

static void finish_exchange(struct upstream *upstream)
{
    struct upstream_answer answer = *upstream->answer;
    loop_timer_stop(&upstream->timer);
    mem_free(upstream->answer);
    upstream->answer = NULL;
    upstream->rows = NULL;
    upstream->state = UPSTREAM_READY;
    upstream->answered_us = upstream->env->loop->now_us;
    buf_drop_parsed(&upstream->stream.in);
    size_t unasked = buf_unparsed(&upstream->stream.in).len;
    if (unasked > 0) {
        fail_answer(upstream, "%zu bytes came after the answer's end, unasked", unasked);
        return;
    }
    stream_trim(&upstream->stream);
    if (answer.status != 0)
        upstream->status = answer.status;
    if (upstream->asked == COM_RESET_CONNECTION)
        upstream->new_status = upstream->status;
    upstream_say_closing(upstream);
    if (upstream->login != NULL && !answer.is_err) {
        upstream_login_change(upstream);
    } else if (upstream->has_been_ready) {
        upstream->ops->on_answer(upstream, &answer);
    } else if (answer.is_err && upstream->login == NULL && answer.error.code == ERR_MUST_CHANGE_PASSWORD) {
        upstream->is_set_up = false; /* the client must change its password: its commands get the error */
        upstream->is_soiled = true;
        upstream->has_been_ready = true;
        upstream->ops->on_ready(upstream);
    } else if (answer.is_err) {
        const char *what = upstream->login != NULL ? "leaving the role" : "turning session tracking on";
        (void)error_wrap(&answer.error, "%s: %s", UPSTREAM_WHERE(upstream), what);
        upstream_fail(upstream, &answer.error);
    } else {
        upstream->has_been_ready = true;
        upstream->ops->on_ready(upstream);
    }
}

/* The current schema is the one that the server reports. */
static void note_tracking(struct upstream *upstream, struct span entries)
{
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, entries);
    while (sesstrack_next(&walk, &change))
        if (change.type == SESSTRACK_SCHEMA) {
            text_clear(&upstream->schema);
            (void)text_append_span(&upstream->schema, change.value);
        }
}

static void note_packet(struct upstream *upstream, const struct tracker_info *info)
{
    struct upstream_answer *answer = upstream->answer;
    struct reply_err said;
    if (info->kind == TRACKER_ERR) {
        answer->is_err = true;
        bool is_clear = reply_parse_err(info->payload, &said);
        answer->error.code = info->error;
        memcpy(answer->error.sqlstate, is_clear ? said.sqlstate : "HY000", 6);
        if (is_clear)
            (void)span_copy_cstr(said.text, answer->error.text, sizeof answer->error.text);
    } else if (info->kind == TRACKER_PREPARED) {
        answer->stmt_id = info->stmt_id;
        answer->params = info->params;
        answer->columns = info->columns;
    } else {
        answer->status = info->status;
        answer->warnings = info->warnings;
        note_tracking(upstream, info->session);
    }
}

/* Reads the reply, and keeps only its OK or ERR. True: the reply is complete. */
static bool swallow(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    for (;;) {
        struct tracker_info info = { 0 };
        size_t pass = 0;
        enum tracker_verdict verdict = tracker_feed(&upstream->tracker, buf_unparsed(in), &pass, &info);
        buf_mark_parsed(in, pass + (verdict == TRACKER_PACKET ? info.len : 0));
        if (verdict == TRACKER_PACKET)
            note_packet(upstream, &info);
        buf_drop_parsed(in);
        if (info.kind == TRACKER_ERR && reply_is_farewell(info.error, info.seq)) {
            fail_answer(upstream, "the server had ended the connection: %u %s", info.error,
                        upstream->answer->error.text);
            return false;
        }
        if (verdict == TRACKER_DONE || (verdict == TRACKER_PACKET && info.is_last))
            return true;
        if (verdict == TRACKER_BAD || (verdict == TRACKER_PACKET && info.kind == TRACKER_INFILE)) {
            fail_answer(upstream, "what came is not a reply to it");
            return false;
        }
        if (verdict == TRACKER_MORE)
            return false;
    }
}

/* Gives whole packets to the collector of rows. True: the reply is complete. */
static bool collect(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    struct packet_header header;
    while (packet_peek(buf_unparsed(in), &header) &&
           in->filled - in->parsed >= PACKET_HEADER_BYTES + header.len) {
        struct span payload = span_of(in->data + in->parsed + PACKET_HEADER_BYTES, header.len);
        enum rows_verdict verdict = rows_feed(upstream->rows, payload, &upstream->answer->error);
        buf_mark_parsed(in, PACKET_HEADER_BYTES + header.len);
        buf_drop_parsed(in);
        upstream->answer->is_err = verdict == ROWS_ERR;
        upstream->answer->status = upstream->rows->status;
        if (verdict == ROWS_DONE || verdict == ROWS_ERR)
            return true;
        if (verdict == ROWS_BAD) {
            fail_answer(upstream, "an unreadable result set came");
            return false;
        }
    }
    return false;
}

/* Reads bytes that TLS has decrypted already: the socket does not report readiness for them. */
static bool has_more(struct upstream *upstream)
{
    return stream_has_pending(&upstream->stream) && stream_fill(&upstream->stream) == STREAM_OK;
}

void upstream_exchange_go_on(struct upstream *upstream)
{
    do {
        bool is_over = upstream->rows != NULL ? collect(upstream) : swallow(upstream);
        if (upstream->state != UPSTREAM_EXCHANGING)
            return;
        if (is_over) {
            finish_exchange(upstream);
            return;
        }
        /* A row that is collected may be longer than the window: the window grows up to rows->bytes_max. */
        const struct buf *in = &upstream->stream.in;
        if (upstream->rows != NULL && in->data != NULL && buf_room(in) == 0 &&
            in->cap < upstream->rows->bytes_max) {
            (void)stream_grow(&upstream->stream, upstream->stream.in.cap * 2);
        } else if (buf_room(&upstream->stream.in) == 0 && upstream->stream.in.data != NULL) {
            fail_answer(upstream, "a packet too long for the window of %u bytes came",
                        upstream->stream.in.cap);
            return;
        }
    } while (has_more(upstream));
}

/* ---- the command ---- */

/* Appends the command's packet. With CAP_QUERY_ATTRIBUTES the server expects attributes in every COM_QUERY:
 * none are sent. */
static void put_command(struct upstream *upstream, struct span payload)
{
    struct text *out = &upstream->stream.out;
    static const uint8_t no_attributes[] = { 0, 1 }; /* number of attributes, number of sets */
    bool has_count = payload.len > 0 && payload.data[0] == COM_QUERY;
    if (!has_count || (upstream->caps & CAP_QUERY_ATTRIBUTES) == 0) {
        (void)packet_put(out, 0, payload);
        return;
    }
    size_t at = packet_begin(out);
    wire_put_u8(out, COM_QUERY);
    (void)text_append(out, no_attributes, sizeof no_attributes);
    (void)text_append(out, payload.data + 1, payload.len - 1);
    packet_end(out, at, 0);
}

void upstream_exchange(struct upstream *upstream, enum reply_shape shape, struct span payload,
                       uint64_t deadline_us)
{
    assert(upstream->state == UPSTREAM_READY);
    upstream->state = UPSTREAM_EXCHANGING;
    upstream->asked = payload.len > 0 ? payload.data[0] : 0; /* an empty payload: memory is out */
    upstream->answer = mem_zalloc(sizeof *upstream->answer);
    stream_restart(&upstream->stream);
    put_command(upstream, payload);
    if (upstream->answer == NULL || upstream->stream.out.is_oom) {
        upstream->stream.error = ENOMEM;
        upstream_fail_lost(upstream, "preparing a command");
        return;
    }
    tracker_begin(&upstream->tracker, shape, upstream->caps, false, LOOP_WINDOW_BYTES);
    if (deadline_us > 0)
        loop_timer_start(&upstream->timer, upstream->env->loop, deadline_us);
    (void)upstream_push(upstream);
}

void upstream_query(struct upstream *upstream, const char *sql, struct rows *rows, uint64_t deadline_us)
{
    struct text command = { 0 };
    (void)text_append_byte(&command, COM_QUERY);
    (void)text_append_cstr(&command, sql);
    rows_begin(rows, upstream->caps);
    upstream->rows = rows;
    upstream_exchange(upstream, REPLY_GENERIC, text_span(&command), deadline_us);
    text_fini(&command);
}

/* ---- closing statements ---- */

void upstream_say_closing(struct upstream *upstream)
{
    struct text *out = &upstream->stream.out;
    if (upstream->closing.len == 0)
        return;
    stream_restart(&upstream->stream); /* all of them share compressed frames */
    for (size_t i = 0; i < upstream->closing.len; i += 4) {
        size_t at = packet_begin(out);
        wire_put_u8(out, COM_STMT_CLOSE);
        (void)text_append(out, upstream->closing.data + i, 4);
        packet_end(out, at, 0);
    }
    text_fini(&upstream->closing);
    upstream_flush(upstream);
}

void upstream_flush(struct upstream *upstream)
{
    (void)stream_flush(&upstream->stream); /* the next read reports a failure */
    if (stream_has_output(&upstream->stream))
        stream_want(&upstream->stream, upstream->stream.interest | EV_WRITE);
}

void upstream_close_statement(struct upstream *upstream, uint32_t id)
{
    wire_put_u32(&upstream->closing, id);
    if (upstream->state == UPSTREAM_READY)
        upstream_say_closing(upstream);
}
