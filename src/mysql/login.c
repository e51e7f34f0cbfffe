#include "mysql/login.h"

#include "mysql/certificate_proof.h"
#include "mysql/auth_ed25519.h"
#include "mysql/packet.h"
#include "mysql/printable.h"
#include "mysql/wire.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdio.h>

enum state {
    GREETING, /* the server speaks first */
    SECURING, /* SSLRequest was sent: no packet may arrive before TLS is set up */
    PROVING,  /* the response was sent */
    OVER
};

/* Capabilities used on every connection if the server has them. */
#define CAPS_ALWAYS                                                                                          \
    (CAP_LONG_FLAG | CAP_PROTOCOL_41 | CAP_TRANSACTIONS | CAP_SECURE_CONNECTION | CAP_PLUGIN_AUTH |          \
     CAP_CONNECT_ATTRS | CAP_PLUGIN_AUTH_LENENC | CAP_SESSION_TRACK)

/* No other capability is ever asked for, whatever the wish says: the layers above do not support it. */
#define CAPS_SPOKEN (CAPS_END_TO_END | CAPS_PER_HOP)

#define MAX_PACKET (UINT32_C(1) << 30) /* told to the server: the protocol's maximum */

/* First byte of a server's packet during authentication. */
enum { SAYS_OK = 0x00, SAYS_MORE = 0x01, SAYS_NEXT_FACTOR = 0x02, SAYS_SWITCH = 0xFE, SAYS_ERR = 0xFF };

static const struct {
    uint64_t bit;
    const char *name;
} cap_names[] = {
    { CAP_FOUND_ROWS, "FOUND_ROWS" },
    { CAP_CONNECT_WITH_DB, "CONNECT_WITH_DB" },
    { CAP_LOCAL_FILES, "LOCAL_FILES" },
    { CAP_IGNORE_SPACE, "IGNORE_SPACE" },
    { CAP_PROTOCOL_41, "PROTOCOL_41" },
    { CAP_SECURE_CONNECTION, "SECURE_CONNECTION" },
    { CAP_MULTI_STATEMENTS, "MULTI_STATEMENTS" },
    { CAP_MULTI_RESULTS, "MULTI_RESULTS" },
    { CAP_PS_MULTI_RESULTS, "PS_MULTI_RESULTS" },
    { CAP_EXPIRED_PASSWORDS, "CAN_HANDLE_EXPIRED_PASSWORDS" },
    { CAP_SESSION_TRACK, "SESSION_TRACK" },
    { CAP_DEPRECATE_EOF, "DEPRECATE_EOF" },
    { CAP_QUERY_ATTRIBUTES, "QUERY_ATTRIBUTES" },
    { CAP_MARIADB_BULK, "STMT_BULK_OPERATIONS" },
    { CAP_MARIADB_EXTENDED_METADATA, "EXTENDED_METADATA" },
    { CAP_MARIADB_BULK_UNIT_RESULTS, "BULK_UNIT_RESULTS" },
};

/* The name of the lowest bit set, for the error text. */
static const char *cap_name(uint64_t bits)
{
    for (size_t i = 0; i < sizeof cap_names / sizeof *cap_names; i++)
        if ((bits & cap_names[i].bit) != 0)
            return cap_names[i].name;
    return "that headgate has no name for";
}

void login_begin(struct login *login, const struct login_wish *wish)
{
    *login = (struct login){ .wish = wish, .auth = { .secret = wish->secret, .is_secure = wish->is_local } };
}

static bool has_schema(const struct login_wish *wish)
{
    return wish->schema != NULL && wish->schema[0] != '\0';
}

static enum login_verdict failed(struct login *login)
{
    login->state = OVER;
    return LOGIN_FAILED;
}

/* The account needs a proof that headgate cannot give. The verdict differs from LOGIN_FAILED, so that the
 * client is told at once. */
static enum login_verdict unproven(struct login *login, struct error *err)
{
    login->state = OVER;
    err->code = ERR_AUTH_MODE;
    (void)snprintf(err->sqlstate, sizeof err->sqlstate, "%s", reply_sqlstate(ERR_AUTH_MODE));
    return LOGIN_UNPROVEN;
}

/* The server's error, with its text made printable. */
static enum login_verdict refused(struct login *login, struct span payload, struct error *err)
{
    login->state = OVER;
    if (!reply_read_err(payload, err)) {
        (void)error_set(err, 0, "the server sent an ERR packet that is too short");
        return LOGIN_FAILED;
    }
    return LOGIN_REFUSED;
}

/* ---- after the greeting ---- */

static bool agree_caps(struct login *login, struct error *err)
{
    const struct login_wish *wish = login->wish;
    uint64_t must = (wish->caps & CAPS_SPOKEN) | CAPS_REQUIRED;
    if (has_schema(wish))
        must |= CAP_CONNECT_WITH_DB;
    uint64_t missing = must & ~login->server_caps;
    if (missing != 0)
        return error_set(err, 0, "server %s lacks capability %s", login->version, cap_name(missing));
    uint64_t may = CAPS_ALWAYS | (wish->caps_optional & CAPS_SPOKEN & ~CAP_CONNECT_WITH_DB);
    /* Bit 0 is MySQL's LONG_PASSWORD; a MariaDB server that leaves it clear has the extended word. */
    login->caps = must | ((may | CAP_CLIENT_MYSQL | wish->compression) & login->server_caps);
    return true;
}

static bool agree_tls(struct login *login, struct error *err)
{
    bool is_offered = (login->server_caps & CAP_SSL) != 0;
    enum login_tls tls = login->wish->tls;
    if (tls == LOGIN_TLS_REQUIRED && !is_offered)
        return error_set(err, 0, "TLS is required, but server %s does not offer it", login->version);
    if (tls != LOGIN_TLS_OFF && is_offered)
        login->caps |= CAP_SSL;
    return true;
}

/* The greeting names the server's default plugin, which may not be the account's. caching_sha2_password is
 * used if announced and the clear text is known, because its first answer is only a proof. Otherwise native
 * is used, and the server switches the plugin if needed. */
static const struct auth_plugin *first_plugin(const struct login *login, struct span announced)
{
    bool is_sha2 = span_is(announced, AUTH_CACHING_SHA2) && login->wish->secret->has_password;
    return auth_plugin_find(is_sha2 ? SPAN_LITERAL(AUTH_CACHING_SHA2) : SPAN_LITERAL(AUTH_NATIVE));
}

/* Ends the login after the plugin failed: LOGIN_UNPROVEN or LOGIN_FAILED. */
static enum login_verdict fail_plugin(struct login *login, enum auth_verdict verdict, struct error *err)
{
    (void)error_wrap(err, "authentication as '%s' with plugin %s", login->wish->user, login->plugin->name);
    return verdict == AUTH_UNABLE ? unproven(login, err) : failed(login);
}

/* Makes the plugin's first answer. It is the same with and without TLS, and is made here because a failure
 * can still be returned here. LOGIN_MORE: it is made. */
static enum login_verdict prove_first(struct login *login, const uint8_t nonce[NONCE_BYTES],
                                      struct span plugin, struct error *err)
{
    struct text proof = { 0 };
    login->plugin = first_plugin(login, plugin);
    memcpy(login->nonce, nonce, NONCE_BYTES);
    memcpy(login->auth.nonce, nonce, NONCE_BYTES);
    login->auth.nonce_len = NONCE_BYTES;
    enum auth_verdict verdict = login->plugin->start(&login->auth, &proof, err);
    bool is_made = verdict == AUTH_MORE && !proof.is_oom;
    assert(!is_made || proof.len <= sizeof login->proof);
    if (is_made && proof.len > 0) {
        memcpy(login->proof, proof.data, proof.len);
        login->proof_len = (uint8_t)proof.len;
    }
    text_fini(&proof);
    if (verdict != AUTH_MORE)
        return fail_plugin(login, verdict, err);
    if (is_made)
        return LOGIN_MORE;
    (void)error_set(err, 0, "out of memory while logging in");
    return failed(login);
}

static void put_response(struct login *login, struct text *out, bool is_ssl_request)
{
    const struct login_wish *wish = login->wish;
    struct handshake_response response = {
        .caps = login->caps,
        .max_packet = MAX_PACKET,
        .collation = wish->collation,
        .user = span_cstr(wish->user),
        .auth = span_of(login->proof, login->proof_len),
        .schema = has_schema(wish) ? span_cstr(wish->schema) : SPAN_NONE,
        .plugin = span_cstr(login->plugin->name),
        .attributes = wish->attributes,
        .zstd_level = wish->zstd_level,
    };
    if (is_ssl_request)
        handshake_put_ssl_request(out, login->seq, &response);
    else
        handshake_put(out, login->seq, &response);
    login->seq++;
}

static enum login_verdict on_greeting(struct login *login, struct span payload, struct text *out,
                                      struct error *err)
{
    struct greeting greeting;
    if (payload.len > 0 && payload.data[0] == SAYS_ERR)
        return refused(login, payload, err);
    if (!greeting_parse(payload, &greeting)) {
        (void)error_set(err, 0, "the server sent no greeting of protocol 10");
        return failed(login);
    }
    login->server_caps = greeting.caps;
    login->connection_id = greeting.connection_id;
    login->server_collation = greeting.collation;
    login->family = greeting_family(&greeting);
    (void)printable(greeting.version, login->version, sizeof login->version);
    if (!agree_caps(login, err) || !agree_tls(login, err))
        return failed(login);
    enum login_verdict verdict = prove_first(login, greeting.nonce, greeting.plugin, err);
    if (verdict != LOGIN_MORE)
        return verdict;
    bool goes_tls = (login->caps & CAP_SSL) != 0;
    put_response(login, out, goes_tls);
    login->state = goes_tls ? SECURING : PROVING;
    return goes_tls ? LOGIN_TLS_GO : LOGIN_MORE;
}

void login_secured(struct login *login, struct span fingerprint, struct text *out)
{
    assert(login->state == SECURING);
    login->must_prove = fingerprint.len == sizeof login->fingerprint;
    if (login->must_prove)
        memcpy(login->fingerprint, fingerprint.data, fingerprint.len);
    login->auth.is_secure = !login->must_prove;
    put_response(login, out, false);
    login->state = PROVING;
}

/* The account's plugin is unknown until the server names it. caching_sha2_password is the most likely one for
 * MySQL. */
enum login_verdict login_change(struct login *login, const struct login_wish *wish, uint64_t caps,
                                const uint8_t nonce[NONCE_BYTES], enum server_family family, struct text *out,
                                struct error *err)
{
    login_begin(login, wish);
    login->caps = caps;
    struct span plugin = family == FAMILY_MYSQL ? SPAN_LITERAL(AUTH_CACHING_SHA2) : SPAN_LITERAL(AUTH_NATIVE);
    enum login_verdict verdict = prove_first(login, nonce, plugin, err);
    if (verdict != LOGIN_MORE)
        return verdict;
    const struct handshake_response response = {
        .caps = caps,
        .collation = wish->collation,
        .user = span_cstr(wish->user),
        .auth = span_of(login->proof, login->proof_len),
        .schema = has_schema(wish) ? span_cstr(wish->schema) : SPAN_NONE,
        .plugin = span_cstr(login->plugin->name),
        .attributes = wish->attributes,
    };
    change_user_put(out, &response);
    login->state = PROVING;
    return LOGIN_MORE;
}

/* ---- after the response ---- */

/* The OK proves that the certificate is the server's. An empty password proves nothing, and only the stored form of
 * mysql_native_password is known here. */
static bool has_proof(const struct login *login)
{
    const struct auth_secret *secret = login->wish->secret;
    uint8_t proof[CERTIFICATE_PROOF_BYTES];
    bool is_empty = secret->has_password && secret->password_len == 0;
    return secret->has_stored && !is_empty && strcmp(login->plugin->name, AUTH_NATIVE) == 0 &&
           login->ok.info.len == sizeof proof &&
           certificate_proof_write(span_of(secret->stored, sizeof secret->stored), login->nonce,
                                   span_of(login->fingerprint, sizeof login->fingerprint), proof) &&
           CRYPTO_memcmp(proof, login->ok.info.data, sizeof proof) == 0;
}

static enum login_verdict on_ok(struct login *login, struct span payload, struct error *err)
{
    login->state = OVER;
    if (!reply_parse_ok(payload, login->caps, &login->ok)) {
        (void)error_set(err, 0, "the server ended the login with a malformed OK");
        return LOGIN_FAILED;
    }
    if (!login->must_prove || has_proof(login))
        return LOGIN_DONE;
    (void)error_set(
        err, 0,
        "no authority has signed the server's certificate, and the server did not prove it by the "
        "account's password: set tls_ca or tls_fingerprint");
    return LOGIN_FAILED;
}

/* Ends the packet that the plugin appended, or removes it if the plugin failed or has no answer. */
static enum login_verdict send_answer(struct login *login, size_t at, enum auth_verdict verdict,
                                      bool has_answer, struct text *out, struct error *err)
{
    if (verdict == AUTH_MORE && has_answer) {
        packet_end(out, at, login->seq++);
        return LOGIN_MORE;
    }
    if (!out->is_oom)
        out->len = at;
    if (verdict == AUTH_MORE)
        return LOGIN_MORE;
    return fail_plugin(login, verdict, err);
}

/* False: headgate does not know the plugin, or the name is empty (the password format before MySQL 4.1). */
static bool find_plugin(struct login *login, struct span name, struct error *err)
{
    char shown[64];
    if (name.len == 0)
        return error_set(err, 0,
                         "the server asks for the password format of MySQL before 4.1, which is refused");
    login->plugin = auth_plugin_find(name);
    return login->plugin != NULL ||
           error_set(err, 0, "the server asks for authentication plugin '%s', which headgate does not know",
                     printable(name, shown, sizeof shown));
}

/* False: the nonce is too long. */
static bool take_nonce(struct login *login, struct span nonce, struct error *err)
{
    bool is_whole = nonce.len == NONCE_BYTES || nonce.len == ED25519_NONCE_BYTES;
    if (!is_whole && nonce.len > 0 && nonce.data[nonce.len - 1] == '\0') /* a random nonce may end with 0 */
        nonce.len--;
    if (nonce.len > sizeof login->auth.nonce)
        return error_set(err, 0, "the server sent a nonce of %zu bytes for plugin %s", nonce.len,
                         login->plugin->name);
    login->auth.stage = 0;
    login->auth.nonce_len = nonce.len;
    if (nonce.len > 0)
        memcpy(login->auth.nonce, nonce.data, nonce.len);
    return true;
}

/* The server asks for another plugin. LOGIN_MORE: headgate can use it. */
static enum login_verdict take_switch(struct login *login, struct span payload, struct error *err)
{
    struct span name = { 0 }, nonce = { 0 };
    char shown[64];
    bool is_old = payload.len == 1; /* the password format before 4.1 has no name */
    if (!is_old && !auth_switch_parse(payload, &name, &nonce)) {
        (void)error_set(err, 0, "the server sent a malformed request to switch the authentication plugin");
        return failed(login);
    }
    if (login->has_switched) {
        (void)error_set(err, 0, "the server switched the authentication plugin twice, last to '%s'",
                        printable(name, shown, sizeof shown));
        return failed(login);
    }
    login->has_switched = true;
    if (!find_plugin(login, name, err))
        return unproven(login, err);
    return take_nonce(login, nonce, err) ? LOGIN_MORE : failed(login);
}

static enum login_verdict on_switch(struct login *login, struct span payload, struct text *out,
                                    struct error *err)
{
    enum login_verdict switched = take_switch(login, payload, err);
    if (switched != LOGIN_MORE)
        return switched;
    size_t at = packet_begin(out);
    enum auth_verdict verdict = login->plugin->start(&login->auth, out, err);
    return send_answer(login, at, verdict, true, out, err);
}

static enum login_verdict on_data(struct login *login, struct span data, struct text *out, struct error *err)
{
    bool has_answer = false;
    size_t at = packet_begin(out);
    enum auth_verdict verdict = login->plugin->step(&login->auth, data, out, &has_answer, err);
    return send_answer(login, at, verdict, has_answer, out, err);
}

static enum login_verdict on_proving(struct login *login, struct span payload, struct text *out,
                                     struct error *err)
{
    switch (payload.len > 0 ? payload.data[0] : -1) {
    case SAYS_OK:
        return on_ok(login, payload, err);
    case SAYS_ERR:
        return refused(login, payload, err);
    case SAYS_SWITCH:
        return on_switch(login, payload, out, err);
    case SAYS_MORE:
        return on_data(login, span_of(payload.data + 1, payload.len - 1), out, err);
    case SAYS_NEXT_FACTOR:
        (void)error_set(err, 0,
                        "the server asks '%s' for a second authentication factor, which is not supported",
                        login->wish->user);
        return unproven(login, err);
    default: /* MariaDB omits the byte 0x01 where the packet is unambiguous without it */
        return on_data(login, payload, out, err);
    }
}

enum login_verdict login_feed(struct login *login, struct span payload, uint8_t seq, struct text *out,
                              struct error *err)
{
    login->seq = (uint8_t)(seq + 1);
    switch ((enum state)login->state) {
    case GREETING:
        return on_greeting(login, payload, out, err);
    case PROVING:
        return on_proving(login, payload, out, err);
    case SECURING:
        (void)error_set(err, 0, "the server sent a packet where TLS was to begin");
        return failed(login);
    case OVER:
        break;
    }
    (void)error_set(err, 0, "the server sent more packets than its login has");
    return failed(login);
}
