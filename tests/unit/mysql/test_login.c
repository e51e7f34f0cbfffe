#include "bytes.h"

#include "mysql/certificate_proof.h"
#include "mysql/login.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define NONCE "abcdefghijklmnopqrst"
#define TOKEN "8817c50fa779daef010ee7577825b0847df9842e"
#define SHA2_TOKEN "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae809"
#define LOGIN_OK "00000002000000"

#define SERVER_CAPS (CAPS_PER_HOP | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS | CAP_DEPRECATE_EOF | CAP_SSL)
#define MYSQL_CAPS (SERVER_CAPS | CAP_CLIENT_MYSQL | CAP_QUERY_ATTRIBUTES | CAP_OPTIONAL_METADATA)
#define MARIADB_CAPS (SERVER_CAPS | CAP_MARIADB_BULK | CAP_MARIADB_PROGRESS)

/* A login in progress, and its last packets. */
struct scene {
    struct auth_secret secret;
    struct login_wish wish;
    struct login login;
    struct text out;
    struct error err;
    uint8_t seq; /* sequence id of the server's next packet */
};

static void scene_open(struct scene *scene, const char *password)
{
    *scene = (struct scene){ .wish = { .user = "app", .collation = 45 } };
    assert_true(auth_secret_from_password(&scene->secret, span_cstr(password)));
    scene->wish.secret = &scene->secret;
    login_begin(&scene->login, &scene->wish);
}

static void scene_close(struct scene *scene)
{
    text_fini(&scene->out);
}

static enum login_verdict feed(struct scene *scene, struct span payload)
{
    text_clear(&scene->out);
    scene->err = (struct error){ 0 };
    struct span copy = exact_copy(payload);
    enum login_verdict verdict = login_feed(&scene->login, copy, scene->seq, &scene->out, &scene->err);
    drop_copy(copy);
    if (verdict == LOGIN_UNPROVEN) {
        assert_int_equal(scene->err.code, ERR_AUTH_MODE);
        assert_string_equal(scene->err.sqlstate, "08004");
    }
    if (verdict == LOGIN_FAILED)
        assert_int_equal(scene->err.code, 0);
    if (verdict == LOGIN_FAILED || verdict == LOGIN_REFUSED || verdict == LOGIN_UNPROVEN) {
        assert_true(scene->err.text[0] != '\0');
        assert_null(strstr(scene->err.text, "secret"));
        assert_int_equal(scene->out.len, 0);
    }
    if (scene->out.len > 0) {
        assert_int_equal(scene->out.data[3], (uint8_t)(scene->seq + 1));
        scene->seq = (uint8_t)(scene->seq + 1);
    }
    scene->seq++;
    return verdict;
}

static enum login_verdict feed_hex(struct scene *scene, const char *hex)
{
    struct text bytes = { 0 };
    append_hex(&bytes, hex, '\0');
    enum login_verdict verdict = feed(scene, text_span(&bytes));
    text_fini(&bytes);
    return verdict;
}

static enum login_verdict greet(struct scene *scene, const char *version, uint64_t caps, const char *plugin)
{
    struct greeting greeting = { .version = span_cstr(version),
                                 .connection_id = 42,
                                 .caps = caps,
                                 .collation = 8,
                                 .plugin = span_cstr(plugin) };
    struct text bytes = { 0 };
    memcpy(greeting.nonce, NONCE, NONCE_BYTES);
    greeting_put(&bytes, &greeting);
    enum login_verdict verdict = feed(scene, span_of(bytes.data + 4, bytes.len - 4));
    text_fini(&bytes);
    return verdict;
}

static struct span answer(const struct scene *scene)
{
    assert_true(scene->out.len >= PACKET_HEADER_BYTES);
    return span_of(scene->out.data + PACKET_HEADER_BYTES, scene->out.len - PACKET_HEADER_BYTES);
}

static struct handshake_response response(const struct scene *scene)
{
    struct handshake_response read;
    assert_int_equal(handshake_parse(answer(scene), 0, &read), HANDSHAKE_RESPONSE);
    return read;
}

static enum login_verdict ask_switch_with(struct scene *scene, const char *plugin, struct span nonce)
{
    struct text bytes = { 0 };
    auth_switch_put(&bytes, 0, plugin, nonce);
    enum login_verdict verdict = feed(scene, span_of(bytes.data + 4, bytes.len - 4));
    text_fini(&bytes);
    return verdict;
}

static enum login_verdict ask_switch(struct scene *scene, const char *plugin)
{
    return ask_switch_with(scene, plugin, SPAN_LITERAL(NONCE "\0"));
}

#define OPEN(scene) scene_open(scene, "secret")
#define SCENE_TEST(name) TEST_OF(struct scene, scene, OPEN, scene_close, name)

SCENE_TEST(native_login)
{
    scene->wish.schema = "shop";
    assert_int_equal(greet(scene, "5.5.5-10.11.6-MariaDB", MARIADB_CAPS, AUTH_NATIVE), LOGIN_MORE);
    struct handshake_response sent = response(scene);
    assert_span(sent.user, "app");
    assert_hex(sent.auth, TOKEN);
    assert_span(sent.schema, "shop");
    assert_span(sent.plugin, AUTH_NATIVE);
    assert_int_equal(feed_hex(scene, LOGIN_OK), LOGIN_DONE);
    assert_int_equal(scene->login.ok.status, 2);
    assert_int_equal(scene->login.connection_id, 42);
    assert_int_equal(scene->login.family, FAMILY_MARIADB);
    assert_string_equal(scene->login.version, "5.5.5-10.11.6-MariaDB");
}

SCENE_TEST(native_login_without_the_password)
{
    scene->secret.has_password = false; /* only SHA1(password) is known, from a client's login */
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_span(response(scene).plugin, AUTH_NATIVE);
    assert_hex(response(scene).auth, TOKEN);
    assert_int_equal(ask_switch(scene, AUTH_CACHING_SHA2), LOGIN_UNPROVEN);
    assert_non_null(strstr(scene->err.text, "needs the password"));
}

SCENE_TEST(stored_hash_alone_is_a_clear_failure)
{
    scene->secret.has_password = scene->secret.has_stage1 = false;
    assert_int_equal(greet(scene, "11.4.2-MariaDB", MARIADB_CAPS, AUTH_NATIVE), LOGIN_UNPROVEN);
    assert_non_null(strstr(scene->err.text, "only the stored hash is known"));
}

SCENE_TEST(sha2_fast_login)
{
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_hex(response(scene).auth, SHA2_TOKEN);
    assert_int_equal(feed_hex(scene, "0103"), LOGIN_MORE);
    assert_int_equal(scene->out.len, 0);
    assert_int_equal(feed_hex(scene, LOGIN_OK), LOGIN_DONE);
}

SCENE_TEST(sha2_full_login_over_tls)
{
    scene->wish.tls = LOGIN_TLS_REQUIRED;
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_TLS_GO);
    assert_int_equal(scene->out.len, PACKET_HEADER_BYTES + SSL_REQUEST_BYTES);
    struct handshake_response ssl, full;
    assert_int_equal(handshake_parse(answer(scene), MYSQL_CAPS, &ssl), HANDSHAKE_SSL_REQUEST);
    text_clear(&scene->out);
    login_secured(&scene->login, SPAN_NONE, &scene->out);
    assert_int_equal(scene->out.data[3], 2);
    full = response(scene);
    assert_true(full.caps == ssl.caps);
    assert_hex(full.auth, SHA2_TOKEN);
    scene->seq = 3;
    assert_int_equal(feed_hex(scene, "0104"), LOGIN_MORE);
    assert_hex(answer(scene), "73656372657400");
    assert_int_equal(feed_hex(scene, LOGIN_OK), LOGIN_DONE);
}

/* Over TLS with a certificate that nothing vouches for but the server's proof. Fingerprint: bytes 0 to 31. */
static enum login_verdict log_in_unproven(struct scene *scene, const char *version, const char *plugin)
{
    uint8_t fingerprint[LOGIN_FINGERPRINT_BYTES];
    for (unsigned i = 0; i < sizeof fingerprint; i++)
        fingerprint[i] = (uint8_t)i;
    scene->wish.tls = LOGIN_TLS_REQUIRED;
    enum login_verdict verdict = greet(scene, version, MARIADB_CAPS, plugin);
    login_secured(&scene->login, span_of(fingerprint, sizeof fingerprint), &scene->out);
    scene->seq = 3;
    return verdict;
}

/* The vector of protocol.md §10. */
SCENE_TEST(a_certificate_is_proved_by_the_ok)
{
    static const char ok[] = "\0\0\0\x02\0\0\0\x41\x01"
                             "21D5C9B1766DD96C58C43A45C5943FBB2A13E4B39AAAE1C529B2CD362FA54D52";
    assert_int_equal(log_in_unproven(scene, "11.4.2-MariaDB", AUTH_NATIVE), LOGIN_TLS_GO);
    assert_int_equal(feed(scene, span_of(ok, sizeof ok - 1)), LOGIN_DONE);
}

SCENE_TEST(an_ok_with_another_proof_or_none_is_no_login)
{
    static const char wrong[] = "\0\0\0\x02\0\0\0\x41\x01"
                                "31D5C9B1766DD96C58C43A45C5943FBB2A13E4B39AAAE1C529B2CD362FA54D52";
    assert_int_equal(log_in_unproven(scene, "11.4.2-MariaDB", AUTH_NATIVE), LOGIN_TLS_GO);
    assert_int_equal(feed(scene, span_of(wrong, sizeof wrong - 1)), LOGIN_FAILED);
    assert_non_null(strstr(scene->err.text, "did not prove it"));
    login_begin(&scene->login, &scene->wish);
    scene->seq = 0;
    assert_int_equal(log_in_unproven(scene, "11.4.2-MariaDB", AUTH_NATIVE), LOGIN_TLS_GO);
    assert_int_equal(feed_hex(scene, LOGIN_OK), LOGIN_FAILED);
}

/* Anybody can compute the proof of an empty password. */
TEST(an_empty_password_proves_nothing)
{
    struct scene scene;
    uint8_t zero[LOGIN_FINGERPRINT_BYTES] = { 0 };
    uint8_t ok[8 + CERTIFICATE_PROOF_BYTES] = { 0, 0, 0, 2, 0, 0, 0, CERTIFICATE_PROOF_BYTES };
    scene_open(&scene, "");
    scene.wish.tls = LOGIN_TLS_REQUIRED;
    assert_int_equal(greet(&scene, "11.4.2-MariaDB", MARIADB_CAPS, AUTH_NATIVE), LOGIN_TLS_GO);
    login_secured(&scene.login, span_of(zero, sizeof zero), &scene.out);
    scene.seq = 3;
    assert_true(certificate_proof_write(span_of(scene.secret.stored, sizeof scene.secret.stored),
                                        (const uint8_t *)NONCE, span_of(zero, sizeof zero), ok + 8));
    assert_int_equal(feed(&scene, span_of(ok, sizeof ok)), LOGIN_FAILED);
    scene_close(&scene);
}

SCENE_TEST(an_unproven_server_gets_no_clear_text)
{
    assert_int_equal(log_in_unproven(scene, "11.4.2-MariaDB", AUTH_NATIVE), LOGIN_TLS_GO);
    static const char to_clear[] = "\xFEmysql_clear_password\0";
    assert_int_equal(feed(scene, span_of(to_clear, sizeof to_clear - 1)), LOGIN_UNPROVEN);
}

SCENE_TEST(sha2_full_login_over_a_unix_socket)
{
    scene->wish.is_local = true;
    login_begin(&scene->login, &scene->wish);
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_int_equal(feed_hex(scene, "0104"), LOGIN_MORE);
    assert_hex(answer(scene), "73656372657400");
}

/* The server's side of the RSA exchange. */
static void assert_decrypts(EVP_PKEY *key, struct span sealed, const char *want)
{
    uint8_t plain[512];
    size_t len = sizeof plain;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, plain, &len, sealed.data, sealed.len), 1);
    EVP_PKEY_CTX_free(context);
    for (size_t i = 0; i < len; i++)
        plain[i] ^= (uint8_t)NONCE[i % 20];
    assert_int_equal(len, strlen(want) + 1);
    assert_memory_equal(plain, want, len);
}

static enum login_verdict send_key(struct scene *scene, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    long len = BIO_get_mem_data(bio, &pem);
    struct text bytes = { 0 };
    (void)text_append_byte(&bytes, 0x01);
    (void)text_append(&bytes, pem, (size_t)len);
    enum login_verdict verdict = feed(scene, text_span(&bytes));
    text_fini(&bytes);
    BIO_free(bio);
    return verdict;
}

TEST(sha2_full_login_with_rsa)
{
    static const char password[] = "a password longer than the nonce is";
    EVP_PKEY *key = EVP_RSA_gen(2048);
    assert_non_null(key);
    struct scene scene;
    scene_open(&scene, password);
    assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_int_equal(feed_hex(&scene, "0104"), LOGIN_MORE);
    assert_hex(answer(&scene), "02");
    assert_int_equal(send_key(&scene, key), LOGIN_MORE);
    assert_int_equal(answer(&scene).len, 256);
    assert_decrypts(key, answer(&scene), password);
    assert_int_equal(feed_hex(&scene, LOGIN_OK), LOGIN_DONE);
    scene_close(&scene);
    EVP_PKEY_free(key);
}

TEST(keys_other_than_rsa_are_refused)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    struct scene scene;
    scene_open(&scene, "secret");
    assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_int_equal(feed_hex(&scene, "0104"), LOGIN_MORE);
    assert_int_equal(send_key(&scene, key), LOGIN_FAILED);
    scene_close(&scene);
    EVP_PKEY_free(key);
}

TEST(empty_passwords_send_nothing)
{
    static const char *const plugins[] = { AUTH_NATIVE, AUTH_CACHING_SHA2 };
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        scene_open(&scene, "");
        assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS, plugins[i]), LOGIN_MORE);
        assert_int_equal(response(&scene).auth.len, 0);
        assert_int_equal(ask_switch(&scene, plugins[1 - i]), LOGIN_MORE);
        assert_hex(text_span(&scene.out), "00000003"); /* the answer is an empty packet */
        assert_int_equal(feed_hex(&scene, LOGIN_OK), LOGIN_DONE);
        scene_close(&scene);
    }
}

SCENE_TEST(a_nonce_may_end_without_a_nul)
{
    assert_int_equal(greet(scene, "11.8.2-MariaDB", MARIADB_CAPS, "unix_socket"), LOGIN_MORE);
    assert_int_equal(ask_switch_with(scene, AUTH_NATIVE, SPAN_LITERAL(NONCE)), LOGIN_MORE);
    assert_hex(answer(scene), TOKEN);
    assert_int_equal(scene->login.auth.nonce_len, NONCE_BYTES);
}

/* The lengths of nonces: a NUL at the end is not counted. */
TEST(a_nonce_has_room_for_64_bytes)
{
    static const struct {
        size_t letters;
        bool has_nul;
        enum login_verdict want;
    } rows[] = { { 0, true, LOGIN_MORE },  { 1, false, LOGIN_MORE },    { 64, false, LOGIN_MORE },
                 { 64, true, LOGIN_MORE }, { 65, false, LOGIN_FAILED }, { 65, true, LOGIN_FAILED } };
    char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm";
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        char nonce[66] = "";
        memcpy(nonce, letters, rows[i].letters);
        scene_open(&scene, "");
        assert_int_equal(greet(&scene, "11.8.2-MariaDB", MARIADB_CAPS, "unix_socket"), LOGIN_MORE);
        enum login_verdict verdict =
            ask_switch_with(&scene, AUTH_NATIVE, span_of(nonce, rows[i].letters + rows[i].has_nul));
        assert_row(verdict == rows[i].want, "row %zu: %d", i, (int)verdict);
        if (verdict == LOGIN_MORE)
            assert_int_equal(scene.login.auth.nonce_len, rows[i].letters);
        scene_close(&scene);
    }
}

SCENE_TEST(server_switches_once)
{
    assert_int_equal(greet(scene, "11.8.2-MariaDB", MARIADB_CAPS, "unix_socket"), LOGIN_MORE);
    assert_span(response(scene).plugin, AUTH_NATIVE);
    assert_int_equal(ask_switch(scene, AUTH_CACHING_SHA2), LOGIN_MORE);
    assert_hex(answer(scene), SHA2_TOKEN);
    assert_int_equal(feed_hex(scene, "0103"), LOGIN_MORE);
    assert_int_equal(ask_switch(scene, AUTH_NATIVE), LOGIN_FAILED);
    assert_non_null(strstr(scene->err.text, "twice"));
}

/* ---- change of the account, on an existing connection ---- */

static enum login_verdict change(struct scene *scene, enum server_family family)
{
    scene->seq = 1; /* the command's packet had 0 */
    text_clear(&scene->out);
    scene->err = (struct error){ 0 };
    return login_change(&scene->login, &scene->wish, CAPS_PER_HOP, (const uint8_t *)NONCE, family,
                        &scene->out, &scene->err);
}

static struct handshake_response change_sent(const struct scene *scene)
{
    struct handshake_response read;
    assert_int_equal(scene->out.data[3], 0);
    assert_true(change_user_parse(answer(scene), CAPS_PER_HOP, &read));
    return read;
}

TEST(a_change_of_user_proves_with_the_nonce_of_the_greeting)
{
    static const struct {
        enum server_family family;
        const char *plugin, *token;
    } rows[] = { { FAMILY_MARIADB, AUTH_NATIVE, TOKEN }, { FAMILY_MYSQL, AUTH_CACHING_SHA2, SHA2_TOKEN } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;
        scene_open(&scene, "secret");
        scene.wish.schema = "shop";
        assert_int_equal(change(&scene, rows[i].family), LOGIN_MORE);
        struct handshake_response sent = change_sent(&scene);
        assert_span(sent.user, "app");
        assert_span(sent.schema, "shop");
        assert_span(sent.plugin, rows[i].plugin);
        assert_hex(sent.auth, rows[i].token);
        assert_int_equal(sent.collation, 45);
        assert_int_equal(feed_hex(&scene, LOGIN_OK), LOGIN_DONE);
        assert_int_equal(scene.login.ok.status, 2);
        scene_close(&scene);
    }
}

SCENE_TEST(a_change_of_user_goes_on_like_a_login)
{
    assert_int_equal(change(scene, FAMILY_MYSQL), LOGIN_MORE);
    assert_int_equal(ask_switch(scene, AUTH_NATIVE), LOGIN_MORE);
    assert_hex(answer(scene), TOKEN);
    assert_int_equal(feed_hex(scene, "ff1504233238303030646f6e27"), LOGIN_REFUSED);
    assert_int_equal(scene->err.code, 1045);
}

SCENE_TEST(a_change_of_user_without_a_proof_is_a_clear_failure)
{
    scene->secret.has_password = scene->secret.has_stage1 = false;
    assert_int_equal(change(scene, FAMILY_MARIADB), LOGIN_UNPROVEN);
    assert_non_null(strstr(scene->err.text, "only the stored hash is known"));
    assert_int_equal(scene->out.len, 0);
}

/* Packets that a server may send after the response, and the verdict. */
static const struct {
    const char *hex;
    enum login_verdict verdict;
    const char *text; /* part of the error */
} sayings[] = {
    { "fe", LOGIN_UNPROVEN, "before 4.1" },
    { "fe6564323535313900 616263", LOGIN_UNPROVEN, "'ed25519', which headgate does not know" },
    { "fe65640a3100", LOGIN_UNPROVEN, "'ed?1'" },
    { "fe6e6f", LOGIN_FAILED, "malformed request" },
    { "fe6d7973716c5f636c6561725f70617373776f726400", LOGIN_UNPROVEN, "without TLS" },
    { "fe6d7973716c5f6e61746976655f70617373776f726400 616263", LOGIN_FAILED, "less than 20" },
    { "02 666f6f00", LOGIN_UNPROVEN, "second authentication factor" },
    { "0199", LOGIN_FAILED, "no more to say" },
    { "", LOGIN_FAILED, "no more to say" },
    { "41", LOGIN_FAILED, "no more to say" },
    { "0000", LOGIN_FAILED, "malformed OK" },
    { "ff1504 23 3238303030 416363657373 0a 64656e696564", LOGIN_REFUSED, "Access?denied" },
    { "ff", LOGIN_FAILED, "too short" },
};

TEST(every_other_word_of_the_server)
{
    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        struct scene scene;
        scene_open(&scene, "secret");
        assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS, AUTH_NATIVE), LOGIN_MORE);
        assert_int_equal(feed_hex(&scene, sayings[i].hex), sayings[i].verdict);
        assert_non_null(strstr(scene.err.text, sayings[i].text));
        /* after the verdict the login has ended */
        assert_int_equal(feed_hex(&scene, LOGIN_OK), LOGIN_FAILED);
        scene_close(&scene);
    }
}

SCENE_TEST(refusal_keeps_code_and_state)
{
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_NATIVE), LOGIN_MORE);
    assert_int_equal(feed(scene, SPAN_LITERAL("\xFF\x15\x04#28000No")), LOGIN_REFUSED);
    assert_int_equal(scene->err.code, 1045);
    assert_string_equal(scene->err.sqlstate, "28000");
    assert_string_equal(scene->err.text, "No");
}

TEST(greeting_may_be_an_err_in_both_forms)
{
    struct scene scene;
    scene_open(&scene, "secret");
    assert_int_equal(feed(&scene, SPAN_LITERAL("\xFF\x10\x04Too many connections")), LOGIN_REFUSED);
    assert_int_equal(scene.err.code, 1040);
    assert_string_equal(scene.err.text, "Too many connections");
    scene_close(&scene);
    scene_open(&scene, "secret");
    assert_int_equal(feed(&scene, SPAN_LITERAL("\xFF\x69\x04#HY000blocked")), LOGIN_REFUSED);
    assert_string_equal(scene.err.text, "blocked");
    scene_close(&scene);
    scene_open(&scene, "secret");
    assert_int_equal(feed(&scene, SPAN_LITERAL("SSH-2.0-OpenSSH")), LOGIN_FAILED);
    scene_close(&scene);
}

TEST(capabilities_are_agreed)
{
    struct scene scene;
    scene_open(&scene, "secret");
    scene.wish.caps = CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS | CAP_MARIADB_BULK;
    scene.wish.caps_optional = CAP_MARIADB_EXTENDED_METADATA | CAP_DEPRECATE_EOF | CAP_MARIADB_PROGRESS;
    assert_int_equal(greet(&scene, "11.4.2-MariaDB", MARIADB_CAPS, AUTH_NATIVE), LOGIN_MORE);
    uint64_t want = (CAPS_PER_HOP & ~CAP_CONNECT_WITH_DB) | scene.wish.caps | CAP_DEPRECATE_EOF;
    assert_true(scene.login.caps == want);
    assert_true(response(&scene).caps == want);
    scene_close(&scene);
    scene_open(&scene, "secret");
    scene.wish.caps = CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS;
    scene.wish.caps_optional = CAP_QUERY_ATTRIBUTES | CAP_OPTIONAL_METADATA | CAP_COMPRESS;
    assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS, AUTH_NATIVE), LOGIN_MORE);
    want = (CAPS_PER_HOP & ~CAP_CONNECT_WITH_DB) | scene.wish.caps | CAP_CLIENT_MYSQL | CAP_QUERY_ATTRIBUTES;
    assert_true(scene.login.caps == want);
    scene_close(&scene);
}

static const struct {
    uint64_t lacks, wish;
    const char *schema, *name;
    enum login_tls tls;
} lacking[] = {
    { CAP_DEPRECATE_EOF, CAP_DEPRECATE_EOF, NULL, "lacks capability DEPRECATE_EOF", LOGIN_TLS_OFF },
    { 0, CAP_MARIADB_BULK, NULL, "lacks capability STMT_BULK_OPERATIONS", LOGIN_TLS_OFF },
    { CAP_QUERY_ATTRIBUTES, CAP_QUERY_ATTRIBUTES, NULL, "lacks capability QUERY_ATTRIBUTES", LOGIN_TLS_OFF },
    { CAP_CONNECT_WITH_DB, 0, "shop", "lacks capability CONNECT_WITH_DB", LOGIN_TLS_OFF },
    { CAP_SECURE_CONNECTION, 0, NULL, "lacks capability SECURE_CONNECTION", LOGIN_TLS_OFF },
    { CAP_SSL, 0, NULL, "does not offer it", LOGIN_TLS_REQUIRED },
};

TEST(missing_capabilities_are_named)
{
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++) {
        struct scene scene;
        scene_open(&scene, "secret");
        scene.wish.caps = lacking[i].wish;
        scene.wish.schema = lacking[i].schema;
        scene.wish.tls = lacking[i].tls;
        assert_int_equal(greet(&scene, "8.0.36", MYSQL_CAPS & ~lacking[i].lacks, AUTH_NATIVE), LOGIN_FAILED);
        assert_non_null(strstr(scene.err.text, lacking[i].name));
        scene_close(&scene);
    }
}

TEST(tls_is_taken_as_wished)
{
    static const struct {
        enum login_tls tls;
        bool offered;
        enum login_verdict verdict;
    } cases[] = { { LOGIN_TLS_OFF, true, LOGIN_MORE },
                  { LOGIN_TLS_PREFERRED, true, LOGIN_TLS_GO },
                  { LOGIN_TLS_PREFERRED, false, LOGIN_MORE },
                  { LOGIN_TLS_REQUIRED, true, LOGIN_TLS_GO } };
    for (size_t i = 0; i < 4; i++) {
        struct scene scene;
        scene_open(&scene, "secret");
        scene.wish.tls = cases[i].tls;
        uint64_t caps = cases[i].offered ? MYSQL_CAPS : MYSQL_CAPS & ~CAP_SSL;
        assert_int_equal(greet(&scene, "8.0.36", caps, AUTH_NATIVE), cases[i].verdict);
        assert_int_equal((scene.login.caps & CAP_SSL) != 0, cases[i].verdict == LOGIN_TLS_GO);
        scene_close(&scene);
    }
}

SCENE_TEST(packets_injected_before_tls_are_refused)
{
    scene->wish.tls = LOGIN_TLS_PREFERRED;
    assert_int_equal(greet(scene, "8.0.36", MYSQL_CAPS, AUTH_NATIVE), LOGIN_TLS_GO);
    assert_int_equal(feed_hex(scene, LOGIN_OK), LOGIN_FAILED);
}

RUN_TESTS(NULL, NULL)
