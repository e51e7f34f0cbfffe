/* A server that sends any bytes. The login ends or goes on, never sends a clear-text password without TLS,
 * and every failure has a message without control bytes. */
#include "input.h"

#include "mysql/login.h"

#define PASSWORD "pW9-fuzz-me"

static bool holds_password(struct span bytes)
{
    return bytes.len > 0 && memmem(bytes.data, bytes.len, PASSWORD, strlen(PASSWORD)) != NULL;
}

static void check_error(const struct error *err)
{
    MUST(err->text[0] != '\0');
    for (const char *c = err->text; *c != '\0'; c++)
        MUST((unsigned char)*c >= 0x20);
    MUST(!holds_password(span_cstr(err->text)));
}

static void choose(struct span *input, struct login_wish *wish, struct auth_secret *secret)
{
    uint8_t choice = input_u8(input);
    MUST(auth_secret_from_password(secret, (choice & 1) != 0 ? SPAN_LITERAL(PASSWORD) : SPAN_LITERAL("")));
    secret->has_password = (choice & 2) != 0;
    secret->has_stage1 = (choice & 4) == 0;
    wish->user = "app";
    wish->secret = secret;
    wish->schema = (choice & 8) != 0 ? "shop" : NULL;
    wish->tls = (enum login_tls)((choice >> 4) % 3);
    wish->caps_optional = CAPS_END_TO_END;
    wish->collation = 45;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    struct span payload;
    struct auth_secret secret;
    struct login_wish wish = { 0 };
    struct login login;
    if (holds_password(input))
        /* libFuzzer learns the password from the program's comparisons; a server does not know it */
        return 0;
    choose(&input, &wish, &secret);
    login_begin(&login, &wish);
    enum login_verdict verdict = LOGIN_MORE;
    bool is_secure = false;
    uint8_t seq = 0;
    while (verdict == LOGIN_MORE && input_payload(&input, &payload)) {
        struct text out = { 0 };
        struct error err = { 0 };
        verdict = login_feed(&login, payload, seq, &out, &err);
        MUST((login.caps & ~(login.server_caps | CAPS_REQUIRED)) == 0 || verdict == LOGIN_FAILED ||
             verdict == LOGIN_UNPROVEN);
        MUST(is_secure || !holds_password(text_span(&out)));
        if (verdict == LOGIN_FAILED || verdict == LOGIN_REFUSED || verdict == LOGIN_UNPROVEN)
            check_error(&err);
        if (verdict == LOGIN_TLS_GO) {
            login_secured(&login, SPAN_NONE, &out);
            is_secure = true;
            verdict = LOGIN_MORE;
        }
        seq = login.seq;
        text_fini(&out);
        input_drop(payload);
    }
    return 0;
}
