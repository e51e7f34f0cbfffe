#include "bytes.h"

#include "base/mem.h"
#include "mysql/client_login.h"
#include "mysql/login.h"
#include "mysql/reply.h"

#define OFFERED                                                                                              \
    (CAPS_PER_HOP | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS | CAP_DEPRECATE_EOF | CAP_QUERY_ATTRIBUTES |    \
     CAP_MARIADB_BULK)
#define PEER "192.0.2.7"

/* Accounts: "app" with password "secret", of which only the stored hash is known; "clear" with the same
 * password, known in clear text; "guest" without a password. */
static bool find_user(void *context, const char *user, struct auth_secret *secret_r)
{
    ++*(unsigned *)context;
    if (strcmp(user, "clear") == 0)
        return auth_secret_from_password(secret_r, SPAN_LITERAL("secret"));
    if (strcmp(user, "guest") == 0)
        return auth_secret_from_password(secret_r, SPAN_LITERAL(""));
    if (strcmp(user, "app") != 0)
        return false;
    return auth_secret_from_native_hash(secret_r, SPAN_LITERAL("*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"));
}

struct scene {
    struct client_login login;
    struct text out; /* the last packets of the client_login */
    struct error err;
    unsigned asked; /* calls of find_user */
};

static void scene_open(struct scene *scene, uint64_t offered)
{
    struct greeting greeting = { .version = SPAN_LITERAL("8.0.36"), .connection_id = 7, .caps = offered };
    *scene = (struct scene){ 0 };
    assert_true(client_login_greet(&scene->login, &greeting, &scene->out));
    /* the client's proof depends on the nonce: the same nonce for every test */
    memcpy(scene->login.nonce, "abcdefghijklmnopqrst", NONCE_BYTES);
}

static void scene_close(struct scene *scene)
{
    client_login_fini(&scene->login);
    text_fini(&scene->out);
}

static enum client_login_verdict feed(struct scene *scene, struct span payload, uint8_t seq)
{
    text_clear(&scene->out);
    struct span copy = exact_copy(payload);
    enum client_login_verdict verdict =
        client_login_feed(&scene->login, copy, seq, PEER, find_user, &scene->asked, &scene->out, &scene->err);
    drop_copy(copy);
    if (scene->out.len > 0)
        assert_int_equal((uint8_t)scene->out.data[3], (uint8_t)(seq + 1));
    bool is_fast_ok = scene->out.len == 6 && scene->out.data[4] == 1; /* of caching_sha2_password */
    assert_int_equal(verdict == CLIENT_LOGIN_ACCEPTED || verdict == CLIENT_LOGIN_TLS,
                     scene->out.len == 0 || is_fast_ok); /* the session sends the OK */
    return verdict;
}

static enum client_login_verdict change_user(struct scene *scene, struct span payload)
{
    text_clear(&scene->out);
    return client_login_change_user(&scene->login, payload, 0, PEER, find_user, &scene->asked, &scene->out,
                                    &scene->err);
}

static struct text token_of(const char *password)
{
    struct auth_secret secret;
    struct text token = { 0 };
    assert_true(auth_secret_from_password(&secret, span_cstr(password)));
    struct auth_context context = { .secret = &secret,
                                    .nonce = "abcdefghijklmnopqrst",
                                    .nonce_len = NONCE_BYTES };
    assert_int_equal(auth_plugin_find(SPAN_LITERAL(AUTH_NATIVE))->start(&context, &token, NULL), AUTH_MORE);
    return token;
}

static enum client_login_verdict respond(struct scene *scene, const struct handshake_response *response)
{
    struct text bytes = { 0 };
    handshake_put(&bytes, 1, response);
    enum client_login_verdict verdict = feed(scene, span_of(bytes.data + 4, bytes.len - 4), 1);
    text_fini(&bytes);
    return verdict;
}

static struct handshake_response response_of(const char *user, const char *plugin, struct span auth)
{
    return (struct handshake_response){ .caps = CAPS_PER_HOP,
                                        .max_packet = 1 << 24,
                                        .collation = 45,
                                        .user = span_cstr(user),
                                        .auth = auth,
                                        .schema = SPAN_LITERAL("shop"),
                                        .plugin = span_cstr(plugin),
                                        .attributes = SPAN_LITERAL("\1a\1b") };
}

static void assert_err(const struct scene *scene, uint16_t code, const char *text)
{
    struct reply_err err;
    assert_true(reply_parse_err(span_of(scene->out.data + 4, scene->out.len - 4), &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.sqlstate, reply_sqlstate(code));
    assert_span(err.text, text);
    assert_int_equal(scene->err.code, code);
}

/* ---- TLS ---- */

static enum client_login_verdict ask_tls(struct scene *scene, uint8_t seq)
{
    struct text bytes = { 0 };
    const struct handshake_response response = { .caps = CAPS_PER_HOP | CAP_SSL, .max_packet = 1 << 24 };
    handshake_put_ssl_request(&bytes, seq, &response);
    enum client_login_verdict verdict = feed(scene, span_of(bytes.data + 4, bytes.len - 4), seq);
    text_fini(&bytes);
    return verdict;
}

TEST(tls_is_asked_for_once_and_only_if_offered)
{
    struct scene scene;
    scene_open(&scene, OFFERED);
    assert_int_equal(ask_tls(&scene, 1), CLIENT_LOGIN_REFUSED);
    assert_err(&scene, ERR_HANDSHAKE, "Bad handshake: TLS was asked for but not offered");
    scene_close(&scene);
    scene_open(&scene, OFFERED | CAP_SSL);
    assert_int_equal(ask_tls(&scene, 1), CLIENT_LOGIN_TLS);
    assert_int_equal(ask_tls(&scene, 2), CLIENT_LOGIN_REFUSED);
    assert_err(&scene, ERR_HANDSHAKE, "Bad handshake: TLS was asked for twice");
    scene_close(&scene);
}

/* The client's answer to the greeting counts its packets on from the request for TLS. */
TEST(the_login_goes_on_after_tls)
{
    struct scene scene;
    struct text token = token_of("secret"), bytes = { 0 };
    scene_open(&scene, OFFERED | CAP_SSL);
    assert_int_equal(ask_tls(&scene, 1), CLIENT_LOGIN_TLS);
    struct handshake_response response = response_of("app", AUTH_NATIVE, text_span(&token));
    response.caps |= CAP_SSL;
    handshake_put(&bytes, 2, &response);
    assert_int_equal(feed(&scene, span_of(bytes.data + 4, bytes.len - 4), 2), CLIENT_LOGIN_ACCEPTED);
    text_fini(&bytes);
    text_fini(&token);
    scene_close(&scene);
}

/* Refused before an account is looked for. The SQLSTATE is that of the family. */
TEST(a_required_safe_channel_is_required)
{
    static const struct {
        uint64_t family;
        bool must_be_safe, is_safe;
        const char *sqlstate; /* NULL: no refusal */
    } rows[] = {
        { 0, true, false, "08004" },
        { CAP_CLIENT_MYSQL, true, false, "HY000" },
        { 0, true, true, NULL },
        { 0, false, false, NULL },
    };
    struct text token = token_of("secret");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, OFFERED | CAP_SSL | rows[i].family);
        scene.login.must_be_safe = rows[i].must_be_safe;
        scene.login.is_safe = rows[i].is_safe;
        struct handshake_response response = response_of("app", AUTH_NATIVE, text_span(&token));
        enum client_login_verdict verdict = respond(&scene, &response);
        assert_int_equal(verdict, rows[i].sqlstate != NULL ? CLIENT_LOGIN_REFUSED : CLIENT_LOGIN_ACCEPTED);
        assert_int_equal(scene.asked, rows[i].sqlstate != NULL ? 0 : 1);
        if (rows[i].sqlstate != NULL) {
            struct reply_err err;
            assert_true(reply_parse_err(span_of(scene.out.data + 4, scene.out.len - 4), &err));
            assert_int_equal(err.code, ERR_SECURE_TRANSPORT);
            assert_string_equal(err.sqlstate, rows[i].sqlstate);
        }
        scene_close(&scene);
    }
    text_fini(&token);
}

/* The choice is the same as MySQL 9's. */
TEST(one_compression_at_most_is_agreed_on)
{
    static const struct {
        uint64_t offered, sent, agreed;
        uint8_t level;
        uint16_t code;
    } rows[] = {
        { CAPS_COMPRESSION, 0, 0, 0, 0 },
        { CAPS_COMPRESSION, CAP_COMPRESS, CAP_COMPRESS, 0, 0 },
        { CAPS_COMPRESSION, CAP_ZSTD, CAP_ZSTD, 1, 0 },
        { CAPS_COMPRESSION, CAP_ZSTD, CAP_ZSTD, 22, 0 },
        { CAPS_COMPRESSION, CAPS_COMPRESSION, CAP_COMPRESS, 3, 0 },
        { 0, CAP_COMPRESS, CAP_COMPRESS, 0, 0 },
        { 0, CAP_ZSTD, 0, 3, 0 },
        { CAP_COMPRESS, CAP_ZSTD, 0, 0, 0 },
        { CAP_ZSTD, CAPS_COMPRESSION, CAP_COMPRESS, 3, 0 },
        { CAP_ZSTD, CAP_ZSTD, 0, 0, ERR_COMPRESSION_LEVEL },
        { CAP_ZSTD, CAP_ZSTD, 0, 23, ERR_COMPRESSION_LEVEL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct text token = token_of("secret");
        struct handshake_response response = response_of("app", AUTH_NATIVE, text_span(&token));
        scene_open(&scene, OFFERED | rows[i].offered);
        response.caps |= rows[i].sent;
        response.zstd_level = rows[i].level;
        bool is_accepted = respond(&scene, &response) == CLIENT_LOGIN_ACCEPTED;
        assert_true(is_accepted == (rows[i].code == 0));
        assert_true(!is_accepted || (scene.login.caps & CAPS_COMPRESSION) == rows[i].agreed);
        if (is_accepted && rows[i].agreed == CAP_ZSTD)
            assert_int_equal(scene.login.zstd_level, rows[i].level);
        if (!is_accepted)
            assert_err(&scene, rows[i].code, "Invalid zstd compression level for algorithm 'zstd'.");
        text_fini(&token);
        scene_close(&scene);
    }
}

TEST(right_password_is_accepted)
{
    struct scene scene;
    struct text token = token_of("secret");
    struct auth_secret clear;
    scene_open(&scene, OFFERED);
    struct handshake_response response = response_of("app", AUTH_NATIVE, text_span(&token));
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_ACCEPTED);
    assert_string_equal(scene.login.user, "app");
    assert_string_equal(scene.login.schema, "shop");
    assert_int_equal(scene.login.collation, 45);
    assert_int_equal(scene.login.max_packet, 1 << 24);
    assert_int_equal(scene.login.seq, 2);
    assert_span(text_span(&scene.login.attributes), "\1a\1b");
    assert_true(auth_secret_from_password(&clear, SPAN_LITERAL("secret")));
    assert_true(scene.login.secret.has_stage1); /* this secret can log in to servers */
    assert_memory_equal(scene.login.secret.stage1, clear.stage1, AUTH_HASH_BYTES);
    assert_null(scene.login.candidate);
    text_fini(&token);
    scene_close(&scene);
}

TEST(other_plugins_are_switched_to_native)
{
    static const char *const plugins[] = { "caching_sha2_password", "client_ed25519",
                                           "mysql_clear_password" };
    for (size_t i = 0; i < 3; i++) {
        struct scene scene;
        struct text token = token_of("secret");
        struct span plugin, data;
        scene_open(&scene, OFFERED);
        struct handshake_response response =
            response_of("app", plugins[i], i == 0 ? (struct span){ 0 } : SPAN_LITERAL("something"));
        assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_MORE);
        assert_true(auth_switch_parse(span_of(scene.out.data + 4, scene.out.len - 4), &plugin, &data));
        assert_span(plugin, AUTH_NATIVE);
        assert_int_equal(data.len, NONCE_BYTES + 1);
        assert_memory_equal(data.data, "abcdefghijklmnopqrst", NONCE_BYTES + 1);
        assert_int_equal(feed(&scene, text_span(&token), 3), CLIENT_LOGIN_ACCEPTED);
        text_fini(&token);
        scene_close(&scene);
    }
}

/* caching_sha2_password, where the listener allows it: the proof as MySQL's own client sends it, and the
 * packet that precedes the OK. */
TEST(sha2_is_taken_where_it_is_allowed)
{
    static const struct {
        const char *user, *password; /* the password that is proved */
        enum client_login_verdict verdict;
    } rows[] = { { "clear", "secret", CLIENT_LOGIN_ACCEPTED }, { "clear", "wrong", CLIENT_LOGIN_REFUSED },
                 { "clear", "", CLIENT_LOGIN_REFUSED },        { "ape", "secret", CLIENT_LOGIN_REFUSED },
                 { "guest", "", CLIENT_LOGIN_ACCEPTED },       { "guest", "secret", CLIENT_LOGIN_REFUSED } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct auth_secret secret;
        struct text proof = { 0 };
        struct span plugin, data;
        struct error err = { 0 };
        scene_open(&scene, OFFERED);
        scene.login.takes_sha2 = true;
        struct handshake_response response = response_of(rows[i].user, AUTH_CACHING_SHA2, (struct span){ 0 });
        assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_MORE);
        assert_true(auth_switch_parse(span_of(scene.out.data + 4, scene.out.len - 4), &plugin, &data));
        assert_span(plugin, AUTH_CACHING_SHA2);
        assert_true(auth_secret_from_password(&secret, span_cstr(rows[i].password)));
        struct auth_context context = { .secret = &secret, .nonce_len = NONCE_BYTES };
        memcpy(context.nonce, data.data, NONCE_BYTES);
        assert_int_equal(auth_plugin_find(plugin)->start(&context, &proof, &err), AUTH_MORE);
        text_clear(&scene.out);
        assert_int_equal(feed(&scene, text_span(&proof), 3), rows[i].verdict);
        if (rows[i].verdict == CLIENT_LOGIN_ACCEPTED && proof.len > 0) {
            assert_int_equal(scene.out.len, 6);
            assert_memory_equal(scene.out.data, "\2\0\0\4\1\3", 6);
            assert_int_equal(scene.login.seq, 5);
        }
        text_fini(&proof);
        scene_close(&scene);
    }
}

TEST(odd_native_proof_is_asked_for_again)
{
    struct scene scene;
    scene_open(&scene, OFFERED);
    struct handshake_response response = response_of("app", AUTH_NATIVE, SPAN_LITERAL("12345"));
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_MORE);
    assert_int_equal(feed(&scene, SPAN_LITERAL("12345"), 3), CLIENT_LOGIN_REFUSED);
    assert_err(&scene, ERR_ACCESS_DENIED, "Access denied for user 'app'@'" PEER "' (using password: YES)");
    scene_close(&scene);
}

TEST(empty_password)
{
    struct scene scene;
    struct handshake_response response = response_of("guest", AUTH_NATIVE, (struct span){ 0 });
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_ACCEPTED);
    scene_close(&scene);
    scene_open(&scene, OFFERED);
    response.user = SPAN_LITERAL("app");
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_err(&scene, ERR_ACCESS_DENIED, "Access denied for user 'app'@'" PEER "' (using password: NO)");
    scene_close(&scene);
}

/* The packets for unknown and known users are the same at every step, byte for byte, except for the name. */
TEST(unknown_users_look_like_known_ones)
{
    static const char *const plugins[] = { AUTH_NATIVE, "caching_sha2_password", "client_ed25519" };
    static const char *const proofs[] = { "", "12345678901234567890", "short" };
    for (unsigned i = 0; i < 9; i++) {
        struct scene known, unknown;
        struct handshake_response response = response_of("app", plugins[i / 3], span_cstr(proofs[i % 3]));
        scene_open(&known, OFFERED);
        scene_open(&unknown, OFFERED);
        enum client_login_verdict verdict = respond(&known, &response);
        response.user = SPAN_LITERAL("ape");
        assert_int_equal(respond(&unknown, &response), verdict);
        if (verdict == CLIENT_LOGIN_MORE) {
            assert_true(span_equal(text_span(&known.out), text_span(&unknown.out)));
            assert_int_equal(feed(&known, SPAN_LITERAL("12345678901234567890"), 3), CLIENT_LOGIN_REFUSED);
            assert_int_equal(feed(&unknown, SPAN_LITERAL("12345678901234567890"), 3), CLIENT_LOGIN_REFUSED);
        }
        char *name = memmem(unknown.out.data, unknown.out.len, "ape", 3);
        assert_non_null(name);
        memcpy(name, "app", 3);
        assert_true(span_equal(text_span(&known.out), text_span(&unknown.out)));
        assert_int_equal(known.asked, unknown.asked);
        assert_string_not_equal(known.err.text, unknown.err.text); /* the log tells the difference */
        scene_close(&known);
        scene_close(&unknown);
    }
}

TEST(proof_for_nobody_is_refused)
{
    struct scene scene;
    struct handshake_response response = response_of("nobody", AUTH_NATIVE, (struct span){ 0 });
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_false(scene.login.is_known);
    assert_string_equal(scene.login.user, "");
    scene_close(&scene);
}

TEST(malformed_logins_are_refused)
{
    static const struct {
        struct span payload;
        uint8_t seq;
        uint16_t code;
    } cases[] = {
        { SPAN_LITERAL(""), 1, ERR_HANDSHAKE },
        { SPAN_LITERAL("\x05\0\0\0\1app\0"), 1, ERR_HANDSHAKE }, /* a client older than 4.1 */
        { SPAN_LITERAL("\x05\xa2\0\0"), 1, ERR_HANDSHAKE },
        { SPAN_LITERAL("\0\x8a\0\0\0\0\0\1\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 1,
          ERR_HANDSHAKE }, /* a request for TLS */
        { SPAN_LITERAL("\0\2\0\0\0\0\0\1\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0app\0\0"), 1,
          ERR_HANDSHAKE },
        { SPAN_LITERAL("\x05\xa2\0\0"), 2, ERR_PACKETS_OUT_OF_ORDER },
        { SPAN_LITERAL("\x05\xa2\0\0"), 0, ERR_PACKETS_OUT_OF_ORDER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        scene_open(&scene, OFFERED);
        assert_int_equal(feed(&scene, cases[i].payload, cases[i].seq), CLIENT_LOGIN_REFUSED);
        assert_int_equal(scene.err.code, cases[i].code);
        assert_int_equal(feed(&scene, cases[i].payload, (uint8_t)(cases[i].seq + 2)), CLIENT_LOGIN_REFUSED);
        scene_close(&scene);
    }
}

TEST(names_that_are_too_long_are_refused)
{
    char name[300];
    memset(name, 'n', sizeof name);
    struct scene scene;
    struct handshake_response response = response_of("", AUTH_NATIVE, (struct span){ 0 });
    response.user = span_of(name, CLIENT_LOGIN_USER_MAX);
    response.schema = span_of(name, CLIENT_LOGIN_SCHEMA_MAX);
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_ACCESS_DENIED); /* a name of this length fits; no account has it */
    scene_close(&scene);
    response.user = span_of(name, CLIENT_LOGIN_USER_MAX + 1);
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_HANDSHAKE);
    assert_int_equal(scene.asked, 0);
    scene_close(&scene);
    response.user = SPAN_LITERAL("guest");
    response.schema = span_of(name, CLIENT_LOGIN_SCHEMA_MAX + 1);
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_HANDSHAKE);
    scene_close(&scene);
}

TEST(control_bytes_in_names_do_not_reach_texts)
{
    struct scene scene;
    struct handshake_response response = response_of("a\n\x1b[2J\x7f", AUTH_NATIVE, (struct span){ 0 });
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_err(&scene, ERR_ACCESS_DENIED, "Access denied for user 'a??[2J?'@'" PEER "' (using password: NO)");
    assert_null(strchr(scene.err.text, '\n'));
    scene_close(&scene);
}

TEST(capabilities_are_agreed)
{
    static const struct {
        uint64_t offered, sent, agreed;
    } cases[] = {
        { OFFERED, CAPS_PER_HOP | CAP_ODBC | CAP_OPTIONAL_METADATA, CAPS_PER_HOP },
        { OFFERED, CAPS_PER_HOP | CAP_QUERY_ATTRIBUTES, CAPS_PER_HOP | CAP_QUERY_ATTRIBUTES },
        { OFFERED & ~CAP_QUERY_ATTRIBUTES, CAPS_PER_HOP | CAP_QUERY_ATTRIBUTES, CAPS_PER_HOP },
        { OFFERED, CAPS_PER_HOP | CAP_MULTI_STATEMENTS,
          CAPS_PER_HOP | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS },
        { OFFERED, CAPS_PER_HOP | CAP_MARIADB_BULK, CAPS_PER_HOP | CAP_MARIADB_BULK },
        { OFFERED, CAPS_PER_HOP | CAP_CLIENT_MYSQL, CAPS_PER_HOP },
        { OFFERED | CAP_CLIENT_MYSQL, CAPS_PER_HOP | CAP_CLIENT_MYSQL, CAPS_PER_HOP | CAP_CLIENT_MYSQL },
        { OFFERED | CAP_CLIENT_MYSQL, CAPS_PER_HOP | CAP_MARIADB_BULK, CAPS_PER_HOP },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        struct handshake_response response = response_of("guest", AUTH_NATIVE, (struct span){ 0 });
        response.caps = cases[i].sent;
        scene_open(&scene, cases[i].offered);
        assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_ACCEPTED);
        assert_true(scene.login.caps == cases[i].agreed);
        scene_close(&scene);
    }
}

TEST(client_that_cannot_switch_is_refused)
{
    struct scene scene;
    struct handshake_response response = response_of("app", "", SPAN_LITERAL("oldproof"));
    response.caps &= ~CAP_PLUGIN_AUTH;
    scene_open(&scene, OFFERED);
    assert_int_equal(respond(&scene, &response), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_AUTH_MODE);
    scene_close(&scene);
}

TEST(memory_running_out_is_a_refusal)
{
    struct scene scene;
    struct handshake_response response = response_of("guest", AUTH_NATIVE, (struct span){ 0 });
    struct text bytes = { 0 };
    handshake_put(&bytes, 1, &response);
    scene_open(&scene, OFFERED);
    struct text out = { 0 };
    assert_non_null(text_reserve(&out, 1024));
    mem_fail_after(0);
    assert_int_equal(client_login_feed(&scene.login, span_of(bytes.data + 4, bytes.len - 4), 1, PEER,
                                       find_user, &scene.asked, &out, &scene.err),
                     CLIENT_LOGIN_REFUSED);
    mem_fail_after(-1);
    assert_int_equal(scene.err.code, ERR_OUT_OF_RESOURCES);
    text_fini(&out);
    text_fini(&bytes);
    scene_close(&scene);
}

/* ---- COM_CHANGE_USER ---- */

static void put_change_user(struct text *out, const char *user, struct span token, const char *plugin)
{
    (void)text_append_byte(out, 0x11);
    (void)text_append(out, user, strlen(user) + 1);
    (void)text_append_byte(out, (uint8_t)token.len);
    (void)text_append_span(out, token);
    (void)text_append(out, "other\0\x21\0", 8);
    (void)text_append(out, plugin, strlen(plugin) + 1);
}

static void scene_log_guest_in(struct scene *scene)
{
    struct handshake_response response = response_of("guest", AUTH_NATIVE, (struct span){ 0 });
    scene_open(scene, OFFERED);
    assert_int_equal(respond(scene, &response), CLIENT_LOGIN_ACCEPTED);
}

TEST(change_user_against_the_same_nonce)
{
    struct scene scene;
    struct text token = token_of("secret"), bytes = { 0 };
    scene_log_guest_in(&scene);
    put_change_user(&bytes, "app", text_span(&token), AUTH_NATIVE);
    assert_int_equal(change_user(&scene, text_span(&bytes)), CLIENT_LOGIN_ACCEPTED);
    assert_string_equal(scene.login.user, "app");
    assert_string_equal(scene.login.schema, "other");
    assert_int_equal(scene.login.collation, 33);
    assert_int_equal(scene.login.seq, 1);
    assert_true(scene.login.secret.has_stage1);
    text_fini(&token);
    text_fini(&bytes);
    scene_close(&scene);
}

TEST(change_user_by_a_switch)
{
    struct scene scene;
    struct text token = token_of("secret"), bytes = { 0 };
    scene_log_guest_in(&scene);
    put_change_user(&bytes, "app", (struct span){ 0 }, "caching_sha2_password");
    assert_int_equal(change_user(&scene, text_span(&bytes)), CLIENT_LOGIN_MORE);
    assert_int_equal(scene.out.data[3], 1);
    assert_string_equal(scene.login.user, "guest"); /* unchanged until the verdict */
    assert_int_equal(feed(&scene, text_span(&token), 2), CLIENT_LOGIN_ACCEPTED);
    assert_string_equal(scene.login.user, "app");
    text_fini(&token);
    text_fini(&bytes);
    scene_close(&scene);
}

TEST(refused_change_leaves_the_results)
{
    struct scene scene;
    struct text bytes = { 0 };
    scene_log_guest_in(&scene);
    put_change_user(&bytes, "app", SPAN_LITERAL("12345678901234567890"), AUTH_NATIVE);
    assert_int_equal(change_user(&scene, text_span(&bytes)), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_ACCESS_DENIED);
    assert_string_equal(scene.login.user, "guest");
    assert_string_equal(scene.login.schema, "shop");
    assert_int_equal(change_user(&scene, SPAN_LITERAL("\x11nobody")), CLIENT_LOGIN_REFUSED);
    assert_int_equal(scene.err.code, ERR_MALFORMED);
    text_fini(&bytes);
    scene_close(&scene);
}

/* ---- client_login and login, connected to each other ---- */

/* Returns the next packet that client_login wrote, as login reads it. */
static struct span take_packet(struct text *from, struct text *keep, uint8_t *seq_r)
{
    struct packet_header header;
    assert_true(packet_peek(text_span(from), &header));
    assert_int_equal(from->len, PACKET_HEADER_BYTES + header.len);
    text_clear(keep);
    (void)text_append(keep, from->data + PACKET_HEADER_BYTES, header.len);
    text_clear(from);
    *seq_r = header.seq;
    return text_span(keep);
}

static void assert_dialogue(const char *user, const char *password, uint64_t offered, const char *switch_from,
                            bool is_accepted)
{
    struct greeting greeting = { .version = SPAN_LITERAL("10.11.6-MariaDB"), .caps = offered };
    struct auth_secret secret;
    assert_true(auth_secret_from_password(&secret, span_cstr(password)));
    struct login_wish wish = { .user = user,
                               .secret = &secret,
                               .schema = "shop",
                               .collation = 33,
                               .caps = offered & CAP_MULTI_RESULTS };
    struct client_login greeter;
    struct login login;
    struct text down = { 0 }, up = { 0 }, keep = { 0 };
    struct error err = { 0 };
    unsigned asked = 0;
    uint8_t seq;
    assert_true(client_login_greet(&greeter, &greeting, &down));
    /* the greeting names another plugin, so that the client's first answer is for that one */
    if (switch_from != NULL) {
        greeting.plugin = span_cstr(switch_from);
        text_clear(&down);
        greeting_put(&down, &greeting);
    }
    login_begin(&login, &wish);
    enum client_login_verdict verdict;
    do {
        struct span packet = take_packet(&down, &keep, &seq);
        assert_int_equal(login_feed(&login, packet, seq, &up, &err), LOGIN_MORE);
        packet = take_packet(&up, &keep, &seq);
        verdict = client_login_feed(&greeter, packet, seq, PEER, find_user, &asked, &down, &err);
    } while (verdict == CLIENT_LOGIN_MORE);
    assert_int_equal(verdict == CLIENT_LOGIN_ACCEPTED, is_accepted);
    if (is_accepted) {
        assert_true(greeter.caps == login.caps);
        assert_string_equal(greeter.schema, "shop");
        reply_put_ok(&down, greeter.seq, greeter.caps, &(struct reply_ok){ .status = 2 }, false);
    }
    struct span packet = take_packet(&down, &keep, &seq);
    assert_int_equal(login_feed(&login, packet, seq, &up, &err), is_accepted ? LOGIN_DONE : LOGIN_REFUSED);
    assert_int_equal(err.code, is_accepted ? 0 : ERR_ACCESS_DENIED);
    client_login_fini(&greeter);
    text_fini(&down);
    text_fini(&up);
    text_fini(&keep);
}

TEST(login_and_client_login_understand_each_other)
{
    static const uint64_t offers[] = { OFFERED, (OFFERED & UINT32_MAX) | CAP_CLIENT_MYSQL };
    for (size_t i = 0; i < 2; i++) {
        assert_dialogue("app", "secret", offers[i], NULL, true);
        assert_dialogue("app", "secret", offers[i], AUTH_CACHING_SHA2, true);
        assert_dialogue("guest", "", offers[i], NULL, true);
        assert_dialogue("guest", "", offers[i], AUTH_CACHING_SHA2, true);
        assert_dialogue("app", "wrong", offers[i], NULL, false);
        assert_dialogue("app", "wrong", offers[i], AUTH_CACHING_SHA2, false);
        assert_dialogue("nobody", "secret", offers[i], NULL, false);
        assert_dialogue("nobody", "", offers[i], AUTH_CACHING_SHA2, false);
        assert_dialogue("guest", "secret", offers[i], NULL, false);
    }
}

RUN_TESTS(NULL, NULL)
