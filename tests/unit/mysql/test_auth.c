#include "bytes.h"

#include "mysql/auth.h"

#include <ctype.h>

/* protocol.md §3 */
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

static void clear_text_and_hash_agree(void **state)
{
    (void)state;
    struct auth_secret clear = secret_of("secret"), hashed;
    assert_true(auth_secret_from_native_hash(&hashed, SPAN_LITERAL(HASH)));
    assert_memory_equal(clear.stored, hashed.stored, AUTH_HASH_BYTES);
    assert_true(clear.has_password && clear.has_stored && clear.has_stage1);
    assert_true(!hashed.has_password && hashed.has_stored && !hashed.has_stage1);
}

static void malformed_hashes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "*", HASH "0", "14E65567ABDB5135D0CFD9A70B3032C179A49EE7 ",
                                       "*14E65567ABDB5135D0CFD9A70B3032C179A49EEG" };
    struct auth_secret secret;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(auth_secret_from_native_hash(&secret, span_cstr(bad[i])));
}

static void overlong_passwords_are_refused(void **state)
{
    (void)state;
    char password[256];
    memset(password, 'x', sizeof password);
    struct auth_secret secret;
    assert_true(auth_secret_from_password(&secret, span_of(password, 255)));
    assert_false(auth_secret_from_password(&secret, span_of(password, 256)));
}

static void wiping_leaves_nothing(void **state)
{
    (void)state;
    static const struct auth_secret none;
    struct auth_secret secret = secret_of("secret");
    auth_secret_wipe(&secret);
    assert_memory_equal(&secret, &none, sizeof none);
}

static void nonces_are_printable_and_differ(void **state)
{
    (void)state;
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

static void native_token_is_verified(void **state)
{
    (void)state;
    struct auth_secret secret, clear = secret_of("secret");
    assert_true(auth_secret_from_native_hash(&secret, SPAN_LITERAL(HASH)));
    assert_false(verify(&secret, ""));
    assert_false(verify(&secret, "8817c50fa779daef010ee7577825b0847df984"));
    assert_false(verify(&secret, "8817c50fa779daef010ee7577825b0847df9842f"));
    assert_false(secret.has_stage1);
    assert_true(verify(&secret, TOKEN));
    assert_true(secret.has_stage1); /* from now on it logs in to servers */
    assert_memory_equal(secret.stage1, clear.stage1, AUTH_HASH_BYTES);
}

static void empty_password_takes_only_the_empty_token(void **state)
{
    (void)state;
    struct auth_secret secret = secret_of("");
    assert_true(verify(&secret, ""));
    assert_false(verify(&secret, TOKEN));
    struct auth_secret none = { 0 };
    assert_false(verify(&none, ""));
    assert_false(verify(&none, TOKEN));
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
        assert_true(err.text[0] != '\0' && out.len == 0);
    text_fini(&out);
}

static void first_answers_of_every_plugin(void **state)
{
    (void)state;
    struct auth_secret clear = secret_of("secret"), empty = secret_of(""), hashed, seen;
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
    assert_start("mysql_clear_password", &clear, false, NULL);
    assert_start("mysql_clear_password", &hashed, true, NULL);
    assert_start("sha256_password", &clear, true, "73656372657400");
    assert_start("sha256_password", &clear, false, "01");
    assert_start("sha256_password", &empty, false, "00");
    assert_start("sha256_password", &hashed, true, NULL);
    assert_null(auth_plugin_find(SPAN_LITERAL("client_ed25519")));
    assert_null(auth_plugin_find(SPAN_LITERAL("")));
}

static void short_nonces_are_refused(void **state)
{
    (void)state;
    struct auth_secret secret = secret_of("secret");
    static const char *const names[] = { AUTH_NATIVE, AUTH_CACHING_SHA2, "sha256_password" };
    for (size_t i = 0; i < 3; i++) {
        struct auth_context context = context_of(&secret, false);
        context.nonce_len = 19;
        struct text out = { 0 };
        struct error err = { 0 };
        assert_int_equal(auth_plugin_find(span_cstr(names[i]))->start(&context, &out, &err), AUTH_FAILED);
        assert_int_equal(out.len, 0);
        text_fini(&out);
    }
}

static void rubbish_instead_of_a_key_fails_without_a_secret(void **state)
{
    (void)state;
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
    assert_hex(text_span(&out), "02"); /* in the clear only the key is asked for */
    assert_int_equal(plugin->step(&context, SPAN_LITERAL("no PEM"), &out, &has_answer, &err), AUTH_FAILED);
    assert_null(strstr(err.text, "hunter2"));
    text_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_text_and_hash_agree),
        cmocka_unit_test(malformed_hashes_are_refused),
        cmocka_unit_test(overlong_passwords_are_refused),
        cmocka_unit_test(wiping_leaves_nothing),
        cmocka_unit_test(nonces_are_printable_and_differ),
        cmocka_unit_test(native_token_is_verified),
        cmocka_unit_test(empty_password_takes_only_the_empty_token),
        cmocka_unit_test(first_answers_of_every_plugin),
        cmocka_unit_test(short_nonces_are_refused),
        cmocka_unit_test(rubbish_instead_of_a_key_fails_without_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
