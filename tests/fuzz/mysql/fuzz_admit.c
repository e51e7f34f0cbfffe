/* A client that sends any bytes. Without the password no client is admitted as "app", whatever the packets
 * are. Every refusal is one ERR packet. */
#include "input.h"

#include "mysql/admit.h"
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

static void check_verdict(const struct admit *admit, enum admit_verdict verdict, const struct text *out,
                          const struct error *err)
{
    struct reply_err said;
    if (verdict == ADMIT_ACCEPTED) {
        MUST(strcmp(admit->user, "guest") == 0 && out->len == 0);
        /* CAP_COMPRESS may be agreed without being offered: see src/mysql/admit.c */
        MUST((admit->caps & ~admit->offered & ~CAP_COMPRESS) == 0);
        return;
    }
    MUST(out->len > PACKET_HEADER_BYTES);
    if (verdict == ADMIT_REFUSED) {
        MUST(reply_parse_err(span_of(out->data + 4, out->len - 4), &said));
        MUST(said.code == err->code && err->text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    struct span payload;
    struct text out = { 0 };
    struct admit admit;
    struct greeting greeting = { .version = SPAN_LITERAL("8.0.36"), .caps = CAPS_PER_HOP | CAPS_END_TO_END };
    uint8_t flags = input_u8(&input);
    if ((flags & 1) != 0)
        greeting.caps = (greeting.caps & UINT32_MAX) | CAP_CLIENT_MYSQL;
    MUST(admit_greet(&admit, &greeting, &out));
    admit.takes_sha2 = (flags & 2) != 0;
    /* fixed, so that an input means the same in every run */
    memcpy(admit.nonce, "abcdefghijklmnopqrst", NONCE_BYTES);
    enum admit_verdict verdict = ADMIT_MORE;
    while (verdict != ADMIT_REFUSED && input_payload(&input, &payload)) {
        struct error err = { 0 };
        text_clear(&out);
        if (verdict == ADMIT_ACCEPTED)
            verdict = admit_change_user(&admit, payload, 0, "192.0.2.7", find_user, NULL, &out, &err);
        else
            verdict = admit_feed(&admit, payload, admit.seq, "192.0.2.7", find_user, NULL, &out, &err);
        check_verdict(&admit, verdict, &out, &err);
        input_drop(payload);
    }
    admit_fini(&admit);
    text_fini(&out);
    return 0;
}
