/* A client that sends any bytes. Without the password no client is admitted as "app", whatever the packets
 * are. Every refusal is one ERR packet. */
#include "input.h"

#include "mysql/client_login.h"
#include "mysql/reply.h"

static bool find_user(void *context, const char *user, struct auth_secret *secret_r)
{
    (void)context;
    if (strcmp(user, "guest") == 0)
        return auth_secret_from_password(secret_r, SPAN_LITERAL(""));
    if (strcmp(user, "app") != 0)
        return false;
    return auth_secret_from_native_hash(secret_r, SPAN_LITERAL("*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"));
}

static void check_verdict(const struct client_login *login, enum client_login_verdict verdict,
                          const struct text *out, const struct error *err)
{
    struct reply_err said;
    if (verdict == CLIENT_LOGIN_ACCEPTED) {
        MUST(strcmp(login->user, "guest") == 0 && out->len == 0);
        /* CAP_COMPRESS may be agreed without being offered: see src/mysql/client_login.c */
        MUST((login->caps & ~login->offered & ~CAP_COMPRESS) == 0);
        return;
    }
    MUST(out->len > PACKET_HEADER_BYTES);
    if (verdict == CLIENT_LOGIN_REFUSED) {
        MUST(reply_parse_err(span_of(out->data + 4, out->len - 4), &said));
        MUST(said.code == err->code && err->text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    struct span payload;
    struct text out = { 0 };
    struct client_login login;
    struct greeting greeting = { .version = SPAN_LITERAL("8.0.36"), .caps = CAPS_PER_HOP | CAPS_END_TO_END };
    uint8_t flags = input_u8(&input);
    if ((flags & 1) != 0)
        greeting.caps = (greeting.caps & UINT32_MAX) | CAP_CLIENT_MYSQL;
    MUST(client_login_greet(&login, &greeting, &out));
    login.takes_sha2 = (flags & 2) != 0;
    /* fixed, so that an input means the same in every run */
    memcpy(login.nonce, "abcdefghijklmnopqrst", NONCE_BYTES);
    enum client_login_verdict verdict = CLIENT_LOGIN_MORE;
    while (verdict != CLIENT_LOGIN_REFUSED && input_payload(&input, &payload)) {
        struct error err = { 0 };
        text_clear(&out);
        if (verdict == CLIENT_LOGIN_ACCEPTED)
            verdict = client_login_change_user(&login, payload, 0, "192.0.2.7", find_user, NULL, &out, &err);
        else
            verdict = client_login_feed(&login, payload, login.seq, "192.0.2.7", find_user, NULL, &out, &err);
        check_verdict(&login, verdict, &out, &err);
        input_drop(payload);
    }
    client_login_fini(&login);
    text_fini(&out);
    return 0;
}
