#include "upstream/upstream_login.h"

#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "upstream/upstream_inside.h"
#include "upstream/upstream_setup.h"
#include "mysql/login.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "net/stream_packed.h"
#include "net/tls_client.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The largest packet of a login: MySQL's public key and MariaDB's session tracking fit many times over. */
#define LOGIN_PACKET_MAX (LOOP_WINDOW_BYTES - PACKET_HEADER_BYTES)

/* MariaDB keeps the current role at COM_CHANGE_USER, also a default role: the next account would have its
 * privileges. The next account's own default role is set by COM_CHANGE_USER. MySQL changes roles with the
 * account. */
static const char leave_role[] = "\x03SET ROLE NONE";

/* Data of the login dialogue: wiped and freed when the login is over. */
struct upstream_login {
    struct login machine;
    struct login_wish wish;
    struct auth_secret secret;
    struct text user;
    struct text schema;
    struct text attributes;
    bool has_setup;
    bool is_change; /* this login is a COM_CHANGE_USER, not the first login of the connection */
};

struct upstream_login *upstream_login_new(void)
{
    return mem_zalloc(sizeof(struct upstream_login));
}

void upstream_login_free(struct upstream *upstream)
{
    struct upstream_login *login = upstream->login;
    if (login == NULL)
        return;
    auth_secret_wipe(&login->secret);
    text_fini(&login->user);
    text_fini(&login->schema);
    text_fini(&login->attributes);
    mem_free_secret(login, sizeof *login);
    upstream->login = NULL;
}

static bool copy_wish(struct upstream_login *login, const struct upstream_wish *wish,
                      const struct server *server)
{
    login->secret = *wish->secret;
    login->has_setup = wish->has_setup;
    (void)text_append_cstr(&login->user, wish->user);
    (void)text_append_span(&login->schema, wish->schema);
    (void)text_append_span(&login->attributes, wish->attributes);
    login->wish = (struct login_wish){
        .user = text_cstr(&login->user),
        .secret = &login->secret,
        .schema = text_cstr(&login->schema),
        .attributes = text_span(&login->attributes),
        .caps = wish->caps,
        .collation = wish->collation,
        .tls = server->tls == TLS_SETTING_OFF         ? LOGIN_TLS_OFF
               : server->tls == TLS_SETTING_PREFERRED ? LOGIN_TLS_PREFERRED
                                                      : LOGIN_TLS_REQUIRED,
        .compression = server->compression == COMPRESSION_SETTING_OFF    ? 0
                       : server->compression == COMPRESSION_SETTING_ZLIB ? CAP_COMPRESS
                                                                         : CAP_ZSTD,
        .zstd_level = COMPRESS_ZSTD_LEVEL,
        .is_local = addr_is_local(wish->addr),
    };
    /* A unix socket is as safe as TLS: no TLS there, unless it is required. */
    if (login->wish.is_local && login->wish.tls == LOGIN_TLS_PREFERRED)
        login->wish.tls = LOGIN_TLS_OFF;
    return !login->user.is_oom && !login->schema.is_oom && !login->attributes.is_oom;
}

bool upstream_login_begin(struct upstream *upstream, const struct upstream_wish *wish)
{
    struct upstream_login *login = upstream->login;
    if (!copy_wish(login, wish, upstream->server))
        return false;
    login_begin(&login->machine, &login->wish);
    return true;
}

/* ---- the dialogue ---- */

/* Notes the server's greeting and what was agreed with the server. */
static void note_server(struct upstream *upstream, const struct login *login)
{
    upstream->caps = login->caps;
    upstream->server_caps = login->server_caps;
    upstream->family = login->family;
    upstream->connection_id = login->connection_id;
    upstream->logged_in_us = upstream->env->loop->now_us;
    upstream->server_collation = login->server_collation;
    memcpy(upstream->version, login->version, sizeof upstream->version);
    memcpy(upstream->nonce, login->nonce, sizeof upstream->nonce);
    counter_add(&upstream_counters(upstream)->connects, 1);
}

/* Begins compression, if it was agreed. False: memory is out, and the upstream has failed. */
static bool begin_compression(struct upstream *upstream)
{
    struct error err = { 0 };
    bool is_zstd = (upstream->caps & CAP_ZSTD) != 0;
    const struct frames_manner manner = {
        .algorithm = is_zstd ? COMPRESS_ZSTD : COMPRESS_ZLIB,
        .level = is_zstd ? COMPRESS_ZSTD_LEVEL : COMPRESS_ZLIB_LEVEL,
        .threshold_bytes = COMPRESS_THRESHOLD_BYTES,
        .is_client = true,
    };
    if ((upstream->caps & CAPS_COMPRESSION) == 0 || stream_pack(&upstream->stream, &manner))
        return true;
    (void)error_set(&err, ENOMEM, "%s: out of memory for compression", UPSTREAM_WHERE(upstream));
    upstream_fail(upstream, &err);
    return false;
}

static void logged_in(struct upstream *upstream)
{
    const struct login *login = &upstream->login->machine;
    if (!upstream->login->is_change) {
        note_server(upstream, login);
        if (!begin_compression(upstream))
            return;
    }
    upstream->status = upstream->new_status = login->ok.status;
    (void)text_append_span(&upstream->schema, text_span(&upstream->login->schema));
    bool has_setup = upstream->login->has_setup;
    upstream_login_free(upstream);
    upstream->state = UPSTREAM_READY;
    if (has_setup) {
        upstream_set_up(upstream); /* on_ready follows after the set-up */
        return;
    }
    loop_timer_stop(&upstream->timer);
    upstream->has_been_ready = true;
    upstream->ops->on_ready(upstream);
}

/* The handshake is done: the login goes on if the certificate is accepted, or if the server can still prove at its
 * end that the certificate is its own. Only MariaDB does. */
static void check_certificate(struct upstream *upstream)
{
    struct login *machine = &upstream->login->machine;
    uint8_t fingerprint[TLS_FINGERPRINT_BYTES];
    struct error err = { 0 };
    enum tls_client_verdict verdict = tls_client_check(&upstream->stream, fingerprint, &err);
    bool must_prove = verdict == TLS_CLIENT_UNPROVEN && machine->family == FAMILY_MARIADB;
    if (verdict == TLS_CLIENT_TRUSTED || must_prove) {
        upstream->state = UPSTREAM_LOGGING_IN;
        login_secured(machine, must_prove ? span_of(fingerprint, sizeof fingerprint) : SPAN_NONE,
                      &upstream->stream.out);
        (void)upstream_push(upstream);
        return;
    }
    (void)error_wrap(&err, "%s: TLS", UPSTREAM_WHERE(upstream));
    upstream_fail(upstream, &err);
}

void upstream_login_secure(struct upstream *upstream)
{
    struct error why = { 0 };
    int want = EV_READ;
    enum stream_result result = stream_handshake(&upstream->stream, &want, &why);
    if (result == STREAM_FAILED) {
        struct error err = { 0 };
        (void)error_set(&err, why.code, "%s: %s%s", UPSTREAM_WHERE(upstream), why.text,
                        upstream_probable_reason(upstream));
        upstream_fail(upstream, &err);
    } else if (result == STREAM_BLOCKED) {
        stream_want(&upstream->stream, want);
    } else {
        check_certificate(upstream);
    }
}

static void start_tls(struct upstream *upstream)
{
    struct error err = { 0 };
    struct ssl_ctx_st *context = server_tls_context(upstream->server);
    if (buf_unparsed(&upstream->stream.in).len > 0)
        (void)error_set(&err, 0, "%s: the server spoke before TLS was up%s", UPSTREAM_WHERE(upstream),
                        upstream_probable_reason(upstream));
    else if (stream_flush(&upstream->stream) != STREAM_OK)
        (void)error_set(&err, 0, "%s: sending the TLS request", UPSTREAM_WHERE(upstream));
    else if (context == NULL)
        (void)error_set(&err, 0, "%s: TLS was switched off meanwhile", UPSTREAM_WHERE(upstream));
    else if (tls_client_begin(&upstream->stream, context, &err))
        upstream->state = UPSTREAM_SECURING;
    tls_context_free(&context); /* the stream has a reference of its own */
    if (upstream->state == UPSTREAM_SECURING)
        upstream_login_secure(upstream);
    else
        upstream_fail(upstream, &err);
}

/* Acts on the verdict about one packet. False: the dialogue is over, or continues after the TLS handshake. */
static bool obey(struct upstream *upstream, enum login_verdict verdict, struct error *err)
{
    switch (verdict) {
    case LOGIN_MORE:
        return upstream_push(upstream);
    case LOGIN_TLS_GO:
        start_tls(upstream);
        return false;
    case LOGIN_DONE:
        logged_in(upstream);
        return false;
    case LOGIN_REFUSED:
        if (reply_is_interruption((uint16_t)err->code)) {
            err->sqlstate[0] = '\0'; /* the server ends or was interrupted: this is no refusal of the login */
            break;
        }
        upstream_fail(upstream, err); /* with the server's own text, which the client may get */
        return false;
    case LOGIN_UNPROVEN: /* the failure lies in the account: it is as final as a refusal by the server */
        break;
    case LOGIN_FAILED:
        err->sqlstate[0] = '\0'; /* the error was found by headgate, not sent by the server */
        break;
    }
    (void)error_wrap(err, "login to %s as '%s'", UPSTREAM_WHERE(upstream), upstream->login->wish.user);
    upstream_fail(upstream, err);
    return false;
}

void upstream_login_go_on(struct upstream *upstream)
{
    struct buf *in = &upstream->stream.in;
    struct packet_header header;
    while (upstream->state == UPSTREAM_LOGGING_IN && packet_peek(buf_unparsed(in), &header)) {
        struct error err = { 0 };
        if (header.len > LOGIN_PACKET_MAX) {
            (void)error_set(&err, 0, "%s: a packet of %u bytes during login", UPSTREAM_WHERE(upstream),
                            header.len);
            upstream_fail(upstream, &err);
            return;
        }
        if (in->filled - in->parsed < PACKET_HEADER_BYTES + header.len)
            return;
        struct span payload = span_of(in->data + in->parsed + PACKET_HEADER_BYTES, header.len);
        enum login_verdict verdict =
            login_feed(&upstream->login->machine, payload, header.seq, &upstream->stream.out, &err);
        buf_mark_parsed(in, PACKET_HEADER_BYTES + header.len);
        buf_drop_parsed(in);
        if (!obey(upstream, verdict, &err))
            return;
    }
}

/* ---- login to another account ---- */

void upstream_login_change(struct upstream *upstream)
{
    struct login *machine = &upstream->login->machine;
    struct error err = { 0 };
    upstream->state = UPSTREAM_LOGGING_IN;
    loop_timer_start(&upstream->timer, upstream->env->loop, upstream->env->login_us);
    stream_restart(&upstream->stream);
    enum login_verdict verdict = login_change(machine, &upstream->login->wish, upstream->caps,
                                              upstream->nonce, upstream->family, &upstream->stream.out, &err);
    (void)obey(upstream, verdict, &err);
}

void upstream_change_user(struct upstream *upstream, const struct upstream_wish *wish)
{
    struct error err = { 0 };
    assert(upstream->state == UPSTREAM_READY && upstream->login == NULL);
    upstream->login = upstream_login_new();
    if (upstream->login == NULL || !copy_wish(upstream->login, wish, upstream->server)) {
        (void)error_set(&err, ENOMEM, "%s: out of memory", UPSTREAM_WHERE(upstream));
        upstream_fail(upstream, &err);
        return;
    }
    upstream->login->is_change = true;
    upstream->login->wish.is_local |= upstream->stream.ssl != NULL;
    upstream->has_been_ready = upstream->is_set_up = false;
    upstream_note_beginning(upstream);
    text_clear(&upstream->schema);
    if (upstream->family == FAMILY_MARIADB)
        upstream_exchange(upstream, REPLY_GENERIC, SPAN_LITERAL(leave_role), upstream->env->login_us);
    else
        upstream_login_change(upstream);
}
