#include "mysql/admit.h"

#include "base/mem.h"
#include "mysql/packet.h"
#include "mysql/printable.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

#include <stdio.h>

enum state {
    RESPONSE, /* the greeting was sent */
    TOKEN,    /* the auth switch was sent */
    INSIDE,   /* accepted; COM_CHANGE_USER may follow */
    OUTSIDE   /* refused */
};

struct admit_candidate {
    struct auth_secret secret; /* of the account; for an unknown user a secret that no proof matches */
    char user[ADMIT_USER_MAX + 1];
    char schema[ADMIT_SCHEMA_MAX + 1];
    uint64_t caps;
    uint8_t zstd_level;
    uint32_t max_packet;
    uint16_t collation;
    struct text attributes; /* owns */
};

/* The arguments of one call. */
struct turn {
    const char *peer;
    admit_find_user find;
    void *context; /* for find */
    struct text *out;
    struct error *err;
};

bool admit_greet(struct admit *admit, struct greeting *greeting, struct text *out)
{
    *admit = (struct admit){ .state = RESPONSE, .seq = 1, .offered = greeting->caps };
    if (!auth_nonce(admit->nonce))
        return false;
    memcpy(greeting->nonce, admit->nonce, NONCE_BYTES);
    greeting->plugin = SPAN_LITERAL(AUTH_NATIVE);
    greeting_put(out, greeting);
    return true;
}

static void drop_candidate(struct admit *admit)
{
    struct admit_candidate *candidate = admit->candidate;
    if (candidate == NULL)
        return;
    text_fini(&candidate->attributes);
    mem_free_secret(candidate, sizeof *candidate);
    admit->candidate = NULL;
}

/* ---- verdicts ---- */

static enum admit_verdict refuse(struct admit *admit, const struct turn *turn, uint16_t code,
                                 const char *text)
{
    drop_candidate(admit);
    admit->state = OUTSIDE;
    reply_put_err(turn->out, admit->seq++, code, NULL, text);
    (void)error_set(turn->err, code, "login from %s: %s", turn->peer, text);
    if (turn->err != NULL)
        (void)snprintf(turn->err->sqlstate, sizeof turn->err->sqlstate, "%s", reply_sqlstate(code));
    return ADMIT_REFUSED;
}

/* The ERR to the client does not say which check failed; the log does. */
static enum admit_verdict deny(struct admit *admit, const struct turn *turn)
{
    char user[ADMIT_USER_MAX + 1];
    char text[ERROR_TEXT_MAX];
    (void)printable(span_cstr(admit->candidate->user), user, sizeof user);
    (void)snprintf(text, sizeof text, "Access denied for user '%s'@'%s' (using password: %s)", user,
                   turn->peer, admit->has_password ? "YES" : "NO");
    enum admit_verdict verdict = refuse(admit, turn, ERR_ACCESS_DENIED, text);
    const char *reason = !admit->is_known      ? "no such user"
                         : admit->has_password ? "wrong password"
                                               : "no password given";
    (void)error_set(turn->err, ERR_ACCESS_DENIED, "login from %s as '%s': %s", turn->peer, user, reason);
    if (turn->err != NULL)
        (void)snprintf(turn->err->sqlstate, sizeof turn->err->sqlstate, "%s",
                       reply_sqlstate(ERR_ACCESS_DENIED));
    return verdict;
}

static enum admit_verdict accept(struct admit *admit)
{
    struct admit_candidate *candidate = admit->candidate;
    memcpy(admit->user, candidate->user, sizeof admit->user);
    memcpy(admit->schema, candidate->schema, sizeof admit->schema);
    admit->caps = candidate->caps;
    admit->zstd_level = candidate->zstd_level;
    admit->collation = candidate->collation;
    admit->max_packet = candidate->max_packet;
    admit->secret = candidate->secret;
    text_fini(&admit->attributes);
    admit->attributes = candidate->attributes;
    candidate->attributes = (struct text){ 0 };
    drop_candidate(admit);
    admit->state = INSIDE;
    return ADMIT_ACCEPTED;
}

/* The reply of caching_sha2_password to a valid proof; an OK packet follows. */
static void put_fast_ok(struct admit *admit, const struct turn *turn)
{
    size_t at = packet_begin(turn->out);
    wire_put_u8(turn->out, 0x01); /* AuthMoreData */
    wire_put_u8(turn->out, 0x03); /* fast_auth_success */
    packet_end(turn->out, at, admit->seq++);
}

/* The verdict on a proof. Whether the user exists is checked last, so that an unknown user takes the same
 * time. */
static enum admit_verdict judge(struct admit *admit, const struct turn *turn, struct span token)
{
    admit->has_password = token.len > admit->is_sha2; /* with sha2 a single NUL means no password */
    bool is_proven = admit->is_sha2 ? auth_sha2_verify(&admit->candidate->secret, admit->nonce, token)
                                    : auth_native_verify(&admit->candidate->secret, admit->nonce, token);
    if (!is_proven || !admit->is_known)
        return deny(admit, turn);
    if (admit->is_sha2 && admit->has_password)
        put_fast_ok(admit, turn);
    return accept(admit);
}

static enum admit_verdict put_switch(struct admit *admit, const struct turn *turn)
{
    uint8_t data[NONCE_BYTES + 1] = { 0 }; /* Connector/C needs the NUL at the end */
    memcpy(data, admit->nonce, NONCE_BYTES);
    auth_switch_put(turn->out, admit->seq++, admit->is_sha2 ? AUTH_CACHING_SHA2 : AUTH_NATIVE,
                    span_of(data, sizeof data));
    admit->state = TOKEN;
    return ADMIT_MORE;
}

/* ---- the account ---- */

/* Copies the account's secret. A user that does not exist gets a secret that no proof matches, so that the
 * steps are the same. */
static void find_secret(struct admit *admit, const struct turn *turn)
{
    struct auth_secret *secret = &admit->candidate->secret;
    admit->is_known = turn->find(turn->context, admit->candidate->user, secret);
    if (admit->is_known)
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
static const char *take_candidate(struct admit *admit, const struct handshake_response *response,
                                  uint16_t *code_r)
{
    drop_candidate(admit);
    *code_r = ERR_OUT_OF_RESOURCES;
    struct admit_candidate *candidate = mem_zalloc(sizeof *candidate);
    if (candidate == NULL)
        return "headgate: out of memory";
    admit->candidate = candidate;
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
static enum admit_verdict consider(struct admit *admit, const struct turn *turn,
                                   const struct handshake_response *response)
{
    uint16_t code;
    const char *reason = take_candidate(admit, response, &code);
    if (reason != NULL)
        return refuse(admit, turn, code, reason);
    find_secret(admit, turn);
    admit->is_sha2 = admit->takes_sha2 && span_is(response->plugin, AUTH_CACHING_SHA2) &&
                     (admit->candidate->secret.has_password || !admit->is_known);
    bool is_native = response->plugin.len == 0 || span_is(response->plugin, AUTH_NATIVE);
    if (is_native && (response->auth.len == 0 || response->auth.len == AUTH_HASH_BYTES))
        return judge(admit, turn, response->auth);
    if ((response->caps & CAP_PLUGIN_AUTH) == 0)
        return refuse(admit, turn, ERR_AUTH_MODE,
                      "Client does not support authentication protocol requested by server; "
                      "consider upgrading the client");
    return put_switch(admit, turn);
}

/* ---- packets ---- */

static enum admit_verdict on_response(struct admit *admit, const struct turn *turn, struct span payload)
{
    struct handshake_response response;
    switch (handshake_parse(payload, admit->offered, &response)) {
    case HANDSHAKE_RESPONSE:
        break;
    case HANDSHAKE_SSL_REQUEST:
        return refuse(admit, turn, ERR_HANDSHAKE, "Bad handshake: TLS was asked for but not offered");
    case HANDSHAKE_TOO_OLD:
        return refuse(admit, turn, ERR_HANDSHAKE,
                      "Bad handshake: the protocol of MySQL before 4.1 is not spoken");
    case HANDSHAKE_MALFORMED:
        return refuse(admit, turn, ERR_HANDSHAKE, "Bad handshake");
    }
    if ((response.caps & CAPS_REQUIRED) != CAPS_REQUIRED)
        return refuse(admit, turn, ERR_HANDSHAKE, "Bad handshake: capability SECURE_CONNECTION is required");
    if ((response.caps & CAP_CONNECT_WITH_DB) == 0)
        response.schema = SPAN_NONE;
    response.caps = agree_caps(admit->offered, response.caps);
    if ((response.caps & CAP_ZSTD) != 0 &&
        (response.zstd_level == 0 || response.zstd_level > ADMIT_ZSTD_LEVEL_MAX))
        return refuse(admit, turn, ERR_COMPRESSION_LEVEL,
                      "Invalid zstd compression level for algorithm 'zstd'.");
    return consider(admit, turn, &response);
}

/* False when the packet's sequence id is not the expected one. */
static bool is_in_order(struct admit *admit, uint8_t seq, uint8_t expected)
{
    admit->seq = (uint8_t)(seq + 1);
    return seq == expected;
}

enum admit_verdict admit_feed(struct admit *admit, struct span payload, uint8_t seq, const char *peer,
                              admit_find_user find, void *context, struct text *out, struct error *err)
{
    struct turn turn = { .peer = peer, .find = find, .context = context, .out = out, .err = err };
    if (!is_in_order(admit, seq, admit->seq))
        return refuse(admit, &turn, ERR_PACKETS_OUT_OF_ORDER, "Got packets out of order");
    switch ((enum state)admit->state) {
    case RESPONSE:
        return on_response(admit, &turn, payload);
    case TOKEN:
        return judge(admit, &turn, payload);
    case INSIDE:
    case OUTSIDE:
        break;
    }
    return refuse(admit, &turn, ERR_HANDSHAKE, "Bad handshake: the login is over");
}

enum admit_verdict admit_change_user(struct admit *admit, struct span payload, uint8_t seq, const char *peer,
                                     admit_find_user find, void *context, struct text *out, struct error *err)
{
    struct turn turn = { .peer = peer, .find = find, .context = context, .out = out, .err = err };
    struct handshake_response response;
    if (!is_in_order(admit, seq, 0))
        return refuse(admit, &turn, ERR_PACKETS_OUT_OF_ORDER, "Got packets out of order");
    if (!change_user_parse(payload, admit->caps, &response))
        return refuse(admit, &turn, ERR_MALFORMED, "Malformed communication packet");
    response.max_packet = admit->max_packet;
    if (response.collation == 0)
        response.collation = admit->collation;
    return consider(admit, &turn, &response);
}

void admit_fini(struct admit *admit)
{
    drop_candidate(admit);
    text_fini(&admit->attributes);
    auth_secret_wipe(&admit->secret);
}
