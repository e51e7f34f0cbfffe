#include "mysql/client_login.h"

#include "base/mem.h"
#include "mysql/packet.h"
#include "mysql/printable.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

#include <stdio.h>

enum state {
    RESPONSE, /* the greeting was sent */
    TOKEN,    /* the auth switch was sent */
    FULL,     /* the password itself was asked for, by caching_sha2_password */
    INSIDE,   /* accepted; COM_CHANGE_USER may follow */
    OUTSIDE   /* refused */
};

struct client_login_candidate {
    struct auth_secret secret; /* of the account; for an unknown user a secret that no proof matches */
    char user[CLIENT_LOGIN_USER_MAX + 1];
    char schema[CLIENT_LOGIN_SCHEMA_MAX + 1];
    uint64_t caps;
    uint8_t zstd_level;
    uint32_t max_packet;
    uint16_t collation;
    struct text attributes; /* owns */
};

/* The arguments of one call. */
struct turn {
    const char *peer;
    client_login_find_user find;
    void *context; /* for find */
    struct text *out;
    struct error *err;
};

bool client_login_greet(struct client_login *login, struct greeting *greeting, struct text *out)
{
    *login = (struct client_login){ .state = RESPONSE, .seq = 1, .offered = greeting->caps };
    if (!auth_nonce(login->nonce))
        return false;
    memcpy(greeting->nonce, login->nonce, NONCE_BYTES);
    greeting->plugin = SPAN_LITERAL(AUTH_NATIVE);
    greeting_put(out, greeting);
    return true;
}

static void drop_candidate(struct client_login *login)
{
    struct client_login_candidate *candidate = login->candidate;
    if (candidate == NULL)
        return;
    text_fini(&candidate->attributes);
    mem_free_secret(candidate, sizeof *candidate);
    login->candidate = NULL;
}

/* ---- verdicts ---- */

static enum client_login_verdict refuse(struct client_login *login, const struct turn *turn, uint16_t code,
                                        const char *text)
{
    drop_candidate(login);
    login->state = OUTSIDE;
    reply_put_err(turn->out, login->seq++, code, NULL, text);
    (void)error_set(turn->err, code, "login from %s: %s", turn->peer, text);
    if (turn->err != NULL)
        (void)snprintf(turn->err->sqlstate, sizeof turn->err->sqlstate, "%s", reply_sqlstate(code));
    return CLIENT_LOGIN_REFUSED;
}

/* Like MariaDB before the password is looked at. The text is that of both families. */
static enum client_login_verdict refuse_unsafe(struct client_login *login, const struct turn *turn)
{
    static const char text[] =
        "Connections using insecure transport are prohibited while --require_secure_transport=ON.";
    const char *state = (login->offered & CAP_CLIENT_MYSQL) != 0 ? "HY000" : "08004";
    drop_candidate(login);
    login->state = OUTSIDE;
    reply_put_err(turn->out, login->seq++, ERR_SECURE_TRANSPORT, state, text);
    (void)error_set(turn->err, ERR_SECURE_TRANSPORT, "login from %s: a client without TLS, which is required",
                    turn->peer);
    return CLIENT_LOGIN_REFUSED;
}

/* The ERR to the client does not say which check failed; the log does. */
static enum client_login_verdict deny(struct client_login *login, const struct turn *turn)
{
    char user[CLIENT_LOGIN_USER_MAX + 1];
    char text[ERROR_TEXT_MAX];
    (void)printable(span_cstr(login->candidate->user), user, sizeof user);
    (void)snprintf(text, sizeof text, "Access denied for user '%s'@'%s' (using password: %s)", user,
                   turn->peer, login->has_password ? "YES" : "NO");
    enum client_login_verdict verdict = refuse(login, turn, ERR_ACCESS_DENIED, text);
    const char *reason = !login->is_known      ? "no such user"
                         : login->has_password ? "wrong password"
                                               : "no password given";
    (void)error_set(turn->err, ERR_ACCESS_DENIED, "login from %s as '%s': %s", turn->peer, user, reason);
    if (turn->err != NULL)
        (void)snprintf(turn->err->sqlstate, sizeof turn->err->sqlstate, "%s",
                       reply_sqlstate(ERR_ACCESS_DENIED));
    return verdict;
}

static enum client_login_verdict accept(struct client_login *login)
{
    struct client_login_candidate *candidate = login->candidate;
    memcpy(login->user, candidate->user, sizeof login->user);
    memcpy(login->schema, candidate->schema, sizeof login->schema);
    login->caps = candidate->caps;
    login->zstd_level = candidate->zstd_level;
    login->collation = candidate->collation;
    login->max_packet = candidate->max_packet;
    login->secret = candidate->secret;
    text_fini(&login->attributes);
    login->attributes = candidate->attributes;
    candidate->attributes = (struct text){ 0 };
    drop_candidate(login);
    login->state = INSIDE;
    return CLIENT_LOGIN_ACCEPTED;
}

/* The reply of caching_sha2_password to a valid proof; an OK packet follows. */
static void put_fast_ok(struct client_login *login, const struct turn *turn)
{
    size_t at = packet_begin(turn->out);
    wire_put_u8(turn->out, 0x01); /* AuthMoreData */
    wire_put_u8(turn->out, 0x03); /* fast_auth_success */
    packet_end(turn->out, at, login->seq++);
}

/* The stored form alone cannot judge the proof: the client is asked for the password. Without TLS it would ask for a key
 * first. */
static enum client_login_verdict ask_password(struct client_login *login, const struct turn *turn)
{
    size_t at = packet_begin(turn->out);
    wire_put_u8(turn->out, 0x01); /* AuthMoreData */
    wire_put_u8(turn->out, 0x04); /* perform_full_authentication */
    packet_end(turn->out, at, login->seq++);
    login->state = FULL;
    return CLIENT_LOGIN_MORE;
}

static enum client_login_verdict deny_unsafe(struct client_login *login, const struct turn *turn)
{
    enum client_login_verdict verdict = deny(login, turn);
    (void)error_set(turn->err, ERR_ACCESS_DENIED,
                    "login from %s: the account has " AUTH_CACHING_SHA2
                    ", whose password is accepted over TLS or a unix socket only",
                    turn->peer);
    return verdict;
}

/* The password itself, with a NUL. Its time does not depend on whether the user exists. */
static enum client_login_verdict judge_password(struct client_login *login, const struct turn *turn,
                                                struct span payload)
{
    if (!login->is_safe)
        return deny_unsafe(login, turn);
    size_t len = payload.len > 0 && payload.data[payload.len - 1] == 0 ? payload.len - 1 : payload.len;
    bool is_right =
        len <= AUTH_PASSWORD_MAX && auth_sha2_check(&login->candidate->secret, span_of(payload.data, len));
    return is_right && login->is_known ? accept(login) : deny(login, turn);
}

/* The verdict on a proof. Whether the user exists is checked last, so that an unknown user takes the same
 * time. */
static enum client_login_verdict judge(struct client_login *login, const struct turn *turn, struct span token)
{
    login->has_password = token.len > login->is_sha2; /* with sha2 a single NUL means no password */
    if (login->is_sha2 && login->candidate->secret.has_crypt && login->has_password)
        return ask_password(login, turn);
    bool is_proven = login->is_sha2 ? auth_sha2_verify(&login->candidate->secret, login->nonce, token)
                                    : auth_native_verify(&login->candidate->secret, login->nonce, token);
    if (!is_proven || !login->is_known)
        return deny(login, turn);
    if (login->is_sha2 && login->has_password)
        put_fast_ok(login, turn);
    return accept(login);
}

static enum client_login_verdict put_switch(struct client_login *login, const struct turn *turn)
{
    uint8_t data[NONCE_BYTES + 1] = { 0 }; /* Connector/C needs the NUL at the end */
    memcpy(data, login->nonce, NONCE_BYTES);
    auth_switch_put(turn->out, login->seq++, login->is_sha2 ? AUTH_CACHING_SHA2 : AUTH_NATIVE,
                    span_of(data, sizeof data));
    login->state = TOKEN;
    return CLIENT_LOGIN_MORE;
}

/* ---- the account ---- */

/* Copies the account's secret. A user that does not exist gets a secret that no proof matches, so that the
 * steps are the same. */
static void find_secret(struct client_login *login, const struct turn *turn)
{
    struct auth_secret *secret = &login->candidate->secret;
    login->is_known = turn->find(turn->context, login->candidate->user, secret);
    if (login->is_known || secret->has_crypt)
        return;
    *secret = (struct auth_secret){ .has_stored = true };
    memset(secret->stored, 0x5A, sizeof secret->stored);
}

/* A client may ask for zlib although it was not offered and use it from then on (PHP's mysqlnd). MySQL 9
 * accepts that, and headgate does the same. If a client asks for zlib and zstd, MySQL 9 takes zlib. */
static uint64_t agree_compression(uint64_t offered, uint64_t sent)
{
    return (sent & CAP_COMPRESS) != 0 ? CAP_COMPRESS : offered & sent & CAP_ZSTD;
}

static uint64_t agree_caps(uint64_t offered, uint64_t sent)
{
    uint64_t caps = (offered & sent & ~CAPS_COMPRESSION) | agree_compression(offered, sent);
    if ((caps & CAP_CLIENT_MYSQL) != 0)
        caps &= UINT32_MAX; /* no extended word was exchanged */
    if ((caps & CAP_MULTI_STATEMENTS) != 0)
        caps |= offered & CAP_MULTI_RESULTS;
    return caps;
}

/* Copies user, schema and connection attributes of the response. NULL, or the text of the refusal and
 * *code_r. */
static const char *take_candidate(struct client_login *login, const struct handshake_response *response,
                                  uint16_t *code_r)
{
    drop_candidate(login);
    *code_r = ERR_OUT_OF_RESOURCES;
    struct client_login_candidate *candidate = mem_zalloc(sizeof *candidate);
    if (candidate == NULL)
        return "headgate: out of memory";
    login->candidate = candidate;
    candidate->caps = response->caps;
    candidate->zstd_level = response->zstd_level;
    candidate->max_packet = response->max_packet;
    candidate->collation = response->collation;
    if (!text_append_span(&candidate->attributes, response->attributes))
        return "headgate: out of memory";
    *code_r = ERR_HANDSHAKE;
    if (!span_copy_cstr(response->user, candidate->user, sizeof candidate->user))
        return "Bad handshake: user name longer than 128 bytes";
    if (!span_copy_cstr(response->schema, candidate->schema, sizeof candidate->schema))
        return "Bad handshake: schema name longer than 256 bytes";
    return NULL;
}

/* Checks the native proof if the response has one, else asks the client for a proof. */
static enum client_login_verdict consider(struct client_login *login, const struct turn *turn,
                                          const struct handshake_response *response)
{
    uint16_t code;
    const char *reason = take_candidate(login, response, &code);
    if (reason != NULL)
        return refuse(login, turn, code, reason);
    find_secret(login, turn);
    login->is_sha2 = login->takes_sha2 && span_is(response->plugin, AUTH_CACHING_SHA2) &&
                     (login->candidate->secret.has_password || !login->is_known);
    login->is_sha2 |= login->candidate->secret.is_sha2;
    bool is_native = !login->is_sha2 && (response->plugin.len == 0 || span_is(response->plugin, AUTH_NATIVE));
    if (is_native && (response->auth.len == 0 || response->auth.len == AUTH_HASH_BYTES))
        return judge(login, turn, response->auth);
    if ((response->caps & CAP_PLUGIN_AUTH) == 0)
        return refuse(login, turn, ERR_AUTH_MODE,
                      "Client does not support authentication protocol requested by server; "
                      "consider upgrading the client");
    return put_switch(login, turn);
}

/* ---- packets ---- */

static enum client_login_verdict on_response(struct client_login *login, const struct turn *turn,
                                             struct span payload)
{
    struct handshake_response response;
    switch (handshake_parse(payload, login->offered, &response)) {
    case HANDSHAKE_RESPONSE:
        break;
    case HANDSHAKE_SSL_REQUEST:
        if ((login->offered & CAP_SSL) == 0)
            return refuse(login, turn, ERR_HANDSHAKE, "Bad handshake: TLS was asked for but not offered");
        if (login->has_tls)
            return refuse(login, turn, ERR_HANDSHAKE, "Bad handshake: TLS was asked for twice");
        login->has_tls = true;
        return CLIENT_LOGIN_TLS;
    case HANDSHAKE_TOO_OLD:
        return refuse(login, turn, ERR_HANDSHAKE,
                      "Bad handshake: the protocol of MySQL before 4.1 is not spoken");
    case HANDSHAKE_MALFORMED:
        return refuse(login, turn, ERR_HANDSHAKE, "Bad handshake");
    }
    if ((response.caps & CAPS_REQUIRED) != CAPS_REQUIRED)
        return refuse(login, turn, ERR_HANDSHAKE, "Bad handshake: capability SECURE_CONNECTION is required");
    if (login->must_be_safe && !login->is_safe)
        return refuse_unsafe(login, turn);
    if ((response.caps & CAP_CONNECT_WITH_DB) == 0)
        response.schema = SPAN_NONE;
    response.caps = agree_caps(login->offered, response.caps);
    if ((response.caps & CAP_ZSTD) != 0 &&
        (response.zstd_level == 0 || response.zstd_level > CLIENT_LOGIN_ZSTD_LEVEL_MAX))
        return refuse(login, turn, ERR_COMPRESSION_LEVEL,
                      "Invalid zstd compression level for algorithm 'zstd'.");
    return consider(login, turn, &response);
}

/* False when the packet's sequence id is not the expected one. */
static bool is_in_order(struct client_login *login, uint8_t seq, uint8_t expected)
{
    login->seq = (uint8_t)(seq + 1);
    return seq == expected;
}

enum client_login_verdict client_login_feed(struct client_login *login, struct span payload, uint8_t seq,
                                            const char *peer, client_login_find_user find, void *context,
                                            struct text *out, struct error *err)
{
    struct turn turn = { .peer = peer, .find = find, .context = context, .out = out, .err = err };
    if (!is_in_order(login, seq, login->seq))
        return refuse(login, &turn, ERR_PACKETS_OUT_OF_ORDER, "Got packets out of order");
    switch ((enum state)login->state) {
    case RESPONSE:
        return on_response(login, &turn, payload);
    case TOKEN:
        return judge(login, &turn, payload);
    case FULL:
        return judge_password(login, &turn, payload);
    case INSIDE:
    case OUTSIDE:
        break;
    }
    return refuse(login, &turn, ERR_HANDSHAKE, "Bad handshake: the login is over");
}

enum client_login_verdict client_login_change_user(struct client_login *login, struct span payload,
                                                   uint8_t seq, const char *peer, client_login_find_user find,
                                                   void *context, struct text *out, struct error *err)
{
    struct turn turn = { .peer = peer, .find = find, .context = context, .out = out, .err = err };
    struct handshake_response response;
    if (!is_in_order(login, seq, 0))
        return refuse(login, &turn, ERR_PACKETS_OUT_OF_ORDER, "Got packets out of order");
    if (!change_user_parse(payload, login->caps, &response))
        return refuse(login, &turn, ERR_MALFORMED, "Malformed communication packet");
    response.max_packet = login->max_packet;
    if (response.collation == 0)
        response.collation = login->collation;
    return consider(login, &turn, &response);
}

struct span client_login_prove(const struct client_login *login, struct span fingerprint,
                               uint8_t proof_r[CERTIFICATE_PROOF_BYTES])
{
    struct span stored = span_of(login->secret.stored, sizeof login->secret.stored);
    bool is_provable = login->has_tls && login->has_password && !login->is_sha2 && login->secret.has_stored;
    return is_provable && certificate_proof_write(stored, login->nonce, fingerprint, proof_r)
               ? span_of(proof_r, CERTIFICATE_PROOF_BYTES)
               : SPAN_NONE;
}

void client_login_fini(struct client_login *login)
{
    drop_candidate(login);
    text_fini(&login->attributes);
    auth_secret_wipe(&login->secret);
}
