#include "bytes.h"

#include "mysql/auth.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

/* The nonce of these tests, with the stored hash and the proofs of the password "secret". */
#define NONCE "abcdefghijklmnopqrst"
#define HASH "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"
#define TOKEN "8817c50fa779daef010ee7577825b0847df9842e"
#define SHA2_TOKEN "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae809"

static struct auth_secret secret_of(const char *password)
{
    struct auth_secret secret;
    assert_true(auth_secret_from_password(&secret, span_cstr(password)));
    return secret;
}

static struct auth_context context_of(const struct auth_secret *secret, bool is_secure)
{
    struct auth_context context = { .secret = secret, .nonce_len = NONCE_BYTES, .is_secure = is_secure };
    memcpy(context.nonce, NONCE, NONCE_BYTES);
    return context;
}

TEST(clear_text_and_hash_agree)
{
    struct auth_secret clear = secret_of("secret"), hashed;
    assert_true(auth_secret_from_native_hash(&hashed, SPAN_LITERAL(HASH)));
    assert_memory_equal(clear.stored, hashed.stored, AUTH_HASH_BYTES);
    assert_true(clear.has_password && clear.has_stored && clear.has_stage1);
    assert_true(!hashed.has_password && hashed.has_stored && !hashed.has_stage1);
}

TEST(malformed_hashes_are_refused)
{
    static const char *const bad[] = { "",
                                       "*",
                                       HASH "0",
                                       "14E65567ABDB5135D0CFD9A70B3032C179A49EE7 ",
                                       "*14E65567ABDB5135D0CFD9A70B3032C179A49EEG",
                                       "*14E65567ABDB5135D0CFD9A70B3032C179A49E/7",
                                       "*14E65567ABDB5135D0CFD9A70B3032C179A49E:7",
                                       "*14E65567ABDB5135D0CFD9A70B3032C179A49E`7",
                                       "*G4E65567ABDB5135D0CFD9A70B3032C179A49EE7",
                                       "+14E65567ABDB5135D0CFD9A70B3032C179A49EE7" };
    struct auth_secret secret;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(auth_secret_from_native_hash(&secret, span_cstr(bad[i])) || secret.has_stored);
    assert_true(
        auth_secret_from_native_hash(&secret, SPAN_LITERAL("*00099AAFabcdef00000000000000000000000001")));
    assert_hex(span_of(secret.stored, AUTH_HASH_BYTES), "00099aafabcdef00000000000000000000000001");
}

TEST(overlong_passwords_are_refused)
{
    char password[256];
    memset(password, 'x', sizeof password);
    struct auth_secret secret;
    assert_true(auth_secret_from_password(&secret, span_of(password, 255)));
    assert_true(secret.password_len == 255 && secret.password[254] == 'x' && secret.password[255] == '\0');
    assert_false(auth_secret_from_password(&secret, span_of(password, 256)));
    assert_false(secret.has_password || secret.has_stored || secret.has_stage1);
    struct error err = { 0 };
    password[255] = '\0';
    assert_true(auth_check_password(password, &err) && err.text[0] == '\0');
    char longer[257];
    memset(longer, 'x', 256);
    longer[256] = '\0';
    assert_false(auth_check_password(longer, &err));
    assert_string_equal(err.text, "it is longer than 255 bytes");
}

TEST(wiping_leaves_nothing)
{
    static const struct auth_secret none;
    struct auth_secret secret = secret_of("secret");
    auth_secret_wipe(&secret);
    assert_memory_equal(&secret, &none, sizeof none);
}

TEST(nonces_are_printable_and_differ)
{
    uint8_t a[NONCE_BYTES], b[NONCE_BYTES];
    assert_true(auth_nonce(a) && auth_nonce(b));
    assert_memory_not_equal(a, b, NONCE_BYTES);
    for (unsigned i = 0; i < NONCE_BYTES; i++)
        assert_true(isgraph(a[i]) && strchr("'\"`$\\", a[i]) == NULL);
}

static bool verify(struct auth_secret *secret, const char *hex)
{
    struct text token = { 0 };
    append_hex(&token, hex, '\0');
    bool accepted = auth_native_verify(secret, (const uint8_t *)NONCE, text_span(&token));
    text_fini(&token);
    return accepted;
}

TEST(native_token_is_verified)
{
    struct auth_secret secret, clear = secret_of("secret");
    assert_true(auth_secret_from_native_hash(&secret, SPAN_LITERAL(HASH)));
    assert_false(verify(&secret, ""));
    assert_false(verify(&secret, "8817c50fa779daef010ee7577825b0847df984"));
    assert_false(verify(&secret, "8817c50fa779daef010ee7577825b0847df9842f"));
    assert_false(secret.has_stage1);
    assert_true(verify(&secret, TOKEN));
    assert_true(secret.has_stage1); /* from now on this secret can log in to servers */
    assert_memory_equal(secret.stage1, clear.stage1, AUTH_HASH_BYTES);
}

TEST(empty_password_takes_only_the_empty_token)
{
    struct auth_secret secret = secret_of("");
    assert_true(verify(&secret, ""));
    assert_false(verify(&secret, TOKEN));
    struct auth_secret none = { 0 };
    assert_false(verify(&none, ""));
    assert_false(verify(&none, TOKEN));
}

/* Checks a proof of caching_sha2_password. */
static bool verify_sha2(const struct auth_secret *secret, const char *hex)
{
    struct text proof = { 0 };
    append_hex(&proof, hex, '\0');
    bool accepted = auth_sha2_verify(secret, (const uint8_t *)NONCE, text_span(&proof));
    text_fini(&proof);
    return accepted;
}

TEST(sha2_proof_is_verified)
{
    struct auth_secret clear = secret_of("secret"), empty = secret_of(""), one = secret_of("x"), hashed;
    assert_true(auth_secret_from_native_hash(&hashed, SPAN_LITERAL(HASH)));
    static const char *const wrong[] = { "", "00", SHA2_TOKEN "00", TOKEN,
                                         "c76e2898612a4cf042c77fa8c4702c4c64c0c2c557c53c4d75595aaa6abae808" };
    assert_true(verify_sha2(&clear, SHA2_TOKEN));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(verify_sha2(&clear, wrong[i]));
    assert_false(verify_sha2(&hashed, SHA2_TOKEN) || verify_sha2(&one, SHA2_TOKEN));
    assert_true(verify_sha2(&empty, "") && verify_sha2(&empty, "00"));
    assert_false(verify_sha2(&empty, "01") || verify_sha2(&empty, "0000") || verify_sha2(&empty, SHA2_TOKEN));
    hashed.password_len = 0; /* an unknown password is not the empty one */
    assert_false(verify_sha2(&hashed, "") || verify_sha2(&hashed, "00"));
}

static void assert_start(const char *plugin, const struct auth_secret *secret, bool is_secure,
                         const char *hex)
{
    struct auth_context context = context_of(secret, is_secure);
    struct text out = { 0 };
    struct error err = { 0 };
    enum auth_verdict verdict = auth_plugin_find(span_cstr(plugin))->start(&context, &out, &err);
    assert_int_equal(verdict, hex != NULL ? AUTH_MORE : AUTH_UNABLE);
    if (hex != NULL)
        assert_hex(text_span(&out), hex);
    else
        assert_true(err.text[0] != '\0' && err.code == 0 && out.len == 0);
    text_fini(&out);
}

TEST(first_answers_of_every_plugin)
{
    struct auth_secret clear = secret_of("secret"), empty = secret_of(""), one = secret_of("x"), hashed, seen;
    assert_true(auth_secret_from_native_hash(&hashed, SPAN_LITERAL(HASH)));
    seen = hashed;
    assert_true(verify(&seen, TOKEN));
    assert_start(AUTH_NATIVE, &clear, false, TOKEN);
    assert_start(AUTH_NATIVE, &seen, false, TOKEN);
    assert_start(AUTH_NATIVE, &empty, false, "");
    assert_start(AUTH_NATIVE, &hashed, false, NULL);
    assert_start(AUTH_CACHING_SHA2, &clear, false, SHA2_TOKEN);
    assert_start(AUTH_CACHING_SHA2, &empty, false, "");
    assert_start(AUTH_CACHING_SHA2, &seen, false, NULL);
    assert_start("mysql_clear_password", &clear, true, "73656372657400");
    assert_start("mysql_clear_password", &one, true, "7800");
    assert_start("mysql_clear_password", &empty, true, "00");
    assert_start("mysql_clear_password", &clear, false, NULL);
    assert_start("mysql_clear_password", &hashed, true, NULL);
    assert_start("sha256_password", &clear, true, "73656372657400");
    assert_start("sha256_password", &clear, false, "01");
    assert_start("sha256_password", &empty, false, "00");
    assert_start("sha256_password", &hashed, true, NULL);
    assert_null(auth_plugin_find(SPAN_LITERAL("auth_gssapi_client")));
    assert_null(auth_plugin_find(SPAN_LITERAL("")));
}

TEST(short_nonces_are_refused)
{
    struct auth_secret secret = secret_of("secret");
    static const char *const names[] = { AUTH_NATIVE, AUTH_CACHING_SHA2, "sha256_password" };
    for (size_t i = 0; i < 3; i++) {
        struct auth_context context = context_of(&secret, false);
        context.nonce_len = 19;
        struct text out = { 0 };
        struct error err = { 0 };
        assert_int_equal(auth_plugin_find(span_cstr(names[i]))->start(&context, &out, &err), AUTH_FAILED);
        assert_int_equal(out.len, 0);
        assert_true(err.text[0] != '\0' && err.code == 0);
        text_fini(&out);
    }
}

TEST(rubbish_instead_of_a_key_fails_without_a_secret)
{
    struct auth_secret secret = secret_of("hunter2");
    struct auth_context context = context_of(&secret, false);
    const struct auth_plugin *plugin = auth_plugin_find(SPAN_LITERAL(AUTH_CACHING_SHA2));
    struct text out = { 0 };
    struct error err = { 0 };
    bool has_answer;
    assert_int_equal(plugin->start(&context, &out, &err), AUTH_MORE);
    text_clear(&out);
    assert_int_equal(plugin->step(&context, SPAN_LITERAL("\4"), &out, &has_answer, &err), AUTH_MORE);
    assert_true(has_answer);
    assert_hex(text_span(&out), "02"); /* without TLS only the server's key is requested */
    assert_int_equal(plugin->step(&context, SPAN_LITERAL("no PEM"), &out, &has_answer, &err), AUTH_FAILED);
    assert_null(strstr(err.text, "hunter2"));
    text_fini(&out);
}

/* The server's packets after the first answer, in each stage of each plugin, with TLS and without. */
TEST(steps_of_every_plugin)
{
    static const struct {
        const char *plugin;
        bool is_secure;
        struct span first, second; /* no data: no packet */
        bool is_wrong;             /* the last packet is refused */
        const char *answer;        /* answer to the last packet, in hex; NULL: none */
    } rows[] = {
        { AUTH_CACHING_SHA2, false, SPAN_LITERAL("\3"), { 0 }, false, NULL },
        { AUTH_CACHING_SHA2, false, SPAN_LITERAL("\3"), SPAN_LITERAL("\3"), true, NULL },
        { AUTH_CACHING_SHA2, false, SPAN_LITERAL("\3"), SPAN_LITERAL("\4"), true, NULL },
        { AUTH_CACHING_SHA2, false, SPAN_LITERAL("\4"), { 0 }, false, "02" },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\4"), { 0 }, false, "73656372657400" },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\4"), SPAN_LITERAL("\4"), true, NULL },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\4"), SPAN_LITERAL("\3"), true, NULL },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\4x"), { 0 }, true, NULL },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\3x"), { 0 }, true, NULL },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL("\5"), { 0 }, true, NULL },
        { AUTH_CACHING_SHA2, true, SPAN_LITERAL(""), { 0 }, true, NULL },
        { "sha256_password", true, SPAN_LITERAL("\3"), { 0 }, true, NULL },
        { AUTH_NATIVE, true, SPAN_LITERAL("\3"), { 0 }, true, NULL },
        { "mysql_clear_password", true, SPAN_LITERAL("\3"), { 0 }, true, NULL },
    };
    struct auth_secret secret = secret_of("secret");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct auth_context context = context_of(&secret, rows[i].is_secure);
        const struct auth_plugin *plugin = auth_plugin_find(span_cstr(rows[i].plugin));
        bool has_second = rows[i].second.data != NULL, has_answer = rows[i].answer == NULL;
        struct span first = exact_copy(rows[i].first);
        struct text out = { 0 };
        struct error err = { 0 };
        assert_int_equal(plugin->start(&context, &out, &err), AUTH_MORE);
        text_clear(&out);
        enum auth_verdict verdict = plugin->step(&context, first, &out, &has_answer, &err);
        if (has_second) {
            assert_int_equal(verdict, AUTH_MORE);
            text_clear(&out);
            verdict = plugin->step(&context, rows[i].second, &out, &has_answer, &err);
        }
        assert_row(verdict == (rows[i].is_wrong ? AUTH_FAILED : AUTH_MORE), "row %zu", i);
        assert_row((err.text[0] != '\0') == rows[i].is_wrong && err.code == 0, "row %zu", i);
        assert_row(has_answer == (rows[i].answer != NULL), "row %zu", i);
        assert_hex(text_span(&out), rows[i].answer != NULL ? rows[i].answer : "");
        drop_copy(first);
        text_fini(&out);
    }
}

/* Writes a server's public key as PEM to `pem`, with blank lines in front up to `size` bytes. */
static void put_pem(struct text *pem, EVP_PKEY *key, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    text_clear(pem);
    while (pem->len + len < size)
        (void)text_append_byte(pem, '\n');
    (void)text_append(pem, data, len);
    BIO_free(bio);
}

static void assert_decrypts(EVP_PKEY *key, struct span sealed, struct span want)
{
    uint8_t plain[512];
    size_t len = sizeof plain;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_decrypt(context, plain, &len, sealed.data, sealed.len), 1);
    for (size_t i = 0; i < len; i++)
        plain[i] ^= (uint8_t)NONCE[i % NONCE_BYTES];
    assert_true(span_equal(span_of(plain, len), want));
    EVP_PKEY_CTX_free(context);
}

/* The password is encrypted with its NUL, and with the repeated nonce: also a password longer than the nonce.
 */
TEST(passwords_are_encrypted_with_the_servers_key)
{
    static const struct {
        const char *plugin;
        bool is_asked; /* caching_sha2_password: the server asks for the password first */
        size_t size;   /* of the PEM; 0: unchanged */
        bool is_taken;
    } rows[] = { { AUTH_CACHING_SHA2, true, 0, true },
                 { AUTH_CACHING_SHA2, true, 8192, true },
                 { AUTH_CACHING_SHA2, true, 8193, false },
                 { "sha256_password", false, 0, true },
                 { "sha256_password", false, 8193, false } };
    static const char *const passwords[] = { "x", "nineteen characters", "a password of thirty characters" };
    EVP_PKEY *key = EVP_RSA_gen(1024);
    struct text pem = { 0 }, out = { 0 };
    for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(passwords); i++) {
        const char *password = passwords[i % COUNT_OF(passwords)];
        struct auth_secret secret = secret_of(password);
        struct auth_context context = context_of(&secret, false);
        const struct auth_plugin *plugin = auth_plugin_find(span_cstr(rows[i / COUNT_OF(passwords)].plugin));
        bool is_taken = rows[i / COUNT_OF(passwords)].is_taken, has_answer = false;
        struct error err = { 0 };
        assert_int_equal(plugin->start(&context, &out, &err), AUTH_MORE);
        if (rows[i / COUNT_OF(passwords)].is_asked)
            assert_int_equal(plugin->step(&context, SPAN_LITERAL("\4"), &out, &has_answer, &err), AUTH_MORE);
        text_clear(&out);
        put_pem(&pem, key, rows[i / COUNT_OF(passwords)].size);
        enum auth_verdict verdict = plugin->step(&context, text_span(&pem), &out, &has_answer, &err);
        assert_int_equal(verdict, is_taken ? AUTH_MORE : AUTH_FAILED);
        assert_true(has_answer);
        if (is_taken)
            assert_decrypts(key, text_span(&out), span_of(password, strlen(password) + 1));
        assert_int_equal(out.len, is_taken ? 128 : 0);
        /* a second key is refused */
        verdict = plugin->step(&context, text_span(&pem), &out, &has_answer, &err);
        assert_true(verdict == AUTH_FAILED && !has_answer);
    }
    EVP_PKEY_free(key);
    text_fini(&pem);
    text_fini(&out);
}

RUN_TESTS(NULL, NULL)
