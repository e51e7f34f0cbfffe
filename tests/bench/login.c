#include "login.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

enum { NONCE_BYTES = 20, WHY_BYTES = 200 };
static const char plugin[] = "mysql_native_password";

void login_describe_error(const struct packet *p, char why[static 200])
{
    struct reader r = reader_of(p->payload, p->len);
    (void)read_int(&r, 1);
    unsigned code = (unsigned)read_int(&r, 2);
    if (r.is_bad) {
        snprintf(why, WHY_BYTES, "an error packet cut short");
        return;
    }
    snprintf(why, WHY_BYTES, "error %u %.*s", code, (int)(r.end - r.at), (const char *)r.at);
}

/* SHA1(p) xor SHA1(nonce, SHA1(SHA1(p))); an empty password has an empty proof. */
static size_t native_proof(const char *password, const uint8_t *nonce, uint8_t proof[SHA_DIGEST_LENGTH])
{
    uint8_t once[SHA_DIGEST_LENGTH];
    uint8_t joined[NONCE_BYTES + SHA_DIGEST_LENGTH];
    if (!*password)
        return 0;
    SHA1((const unsigned char *)password, strlen(password), once);
    memcpy(joined, nonce, NONCE_BYTES);
    SHA1(once, sizeof once, joined + NONCE_BYTES);
    SHA1(joined, sizeof joined, proof);
    for (size_t i = 0; i < SHA_DIGEST_LENGTH; i++)
        proof[i] ^= once[i];
    return SHA_DIGEST_LENGTH;
}

static void put_response(const struct login *l, const uint8_t *nonce, uint8_t seq, struct bytes *out)
{
    uint8_t proof[SHA_DIGEST_LENGTH];
    size_t len = native_proof(l->password, nonce, proof);
    size_t at = packet_begin(out);
    bytes_int(out, l->caps, 4);
    bytes_int(out, 16 * 1024 * 1024, 4);
    bytes_int(out, 45, 1); /* utf8mb4_general_ci */
    for (int i = 0; i < 23; i++)
        bytes_int(out, 0, 1);
    bytes_zstr(out, l->user);
    bytes_lestr(out, proof, len);
    bytes_zstr(out, plugin);
    packet_end(out, at, &seq);
}

static bool read_greeting(struct login *l, const struct packet *p, uint8_t nonce[NONCE_BYTES])
{
    uint32_t wanted = CAP_LONG_FLAG | CAP_PROTOCOL_41 | CAP_TRANSACTIONS | CAP_SECURE_CONNECTION |
                      CAP_MULTI_RESULTS | CAP_PS_MULTI_RESULTS | CAP_PLUGIN_AUTH | CAP_CLIENT_MYSQL;
    struct reader r = reader_of(p->payload, p->len);
    uint64_t version = read_int(&r, 1);
    (void)read_zstr(&r);
    (void)read_bytes(&r, 4); /* connection id */
    const uint8_t *first = read_bytes(&r, 8);
    (void)read_bytes(&r, 1);
    uint32_t caps = (uint32_t)read_int(&r, 2);
    (void)read_bytes(&r, 1 + 2); /* collation, status */
    caps |= (uint32_t)read_int(&r, 2) << 16;
    (void)read_bytes(&r, 1 + 10); /* nonce length, filler */
    const uint8_t *rest = read_bytes(&r, NONCE_BYTES - 8);
    if (r.is_bad || version != 10)
        return false;
    memcpy(nonce, first, 8);
    memcpy(nonce + 8, rest, NONCE_BYTES - 8);
    if (l->wants_deprecate_eof)
        wanted |= CAP_DEPRECATE_EOF;
    l->caps = wanted & (caps | CAP_CLIENT_MYSQL);
    return true;
}

static enum login_status switch_plugin(const struct login *l, const struct packet *p, struct bytes *out,
                                       char why[static 200])
{
    struct reader r = reader_of(p->payload + 1, p->len - 1);
    const char *wanted = read_zstr(&r);
    const uint8_t *nonce = read_bytes(&r, NONCE_BYTES);
    if (!wanted || !nonce || strcmp(wanted, plugin) != 0) {
        snprintf(why, WHY_BYTES, "the server wants another plugin than %s", plugin);
        return LOGIN_FAILED;
    }
    uint8_t proof[SHA_DIGEST_LENGTH];
    uint8_t seq = (uint8_t)(p->seq + 1);
    size_t len = native_proof(l->password, nonce, proof);
    size_t at = packet_begin(out);
    bytes_add(out, proof, len);
    packet_end(out, at, &seq);
    return LOGIN_MORE;
}

enum login_status login_step(struct login *l, const struct packet *p, struct bytes *out, char why[static 200])
{
    uint8_t nonce[NONCE_BYTES];
    const int first = p->len ? p->payload[0] : -1;
    if (first == 0xff) {
        login_describe_error(p, why);
        return LOGIN_FAILED;
    }
    if (l->is_greeted && first == 0x00)
        return LOGIN_DONE;
    if (l->is_greeted && first == 0xfe)
        return switch_plugin(l, p, out, why);
    if (l->is_greeted || !read_greeting(l, p, nonce)) {
        snprintf(why, WHY_BYTES, "not a packet of a login");
        return LOGIN_FAILED;
    }
    l->is_greeted = true;
    put_response(l, nonce, (uint8_t)(p->seq + 1), out);
    return LOGIN_MORE;
}
