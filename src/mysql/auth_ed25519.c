#include "mysql/auth_ed25519.h"

#include "mysql/edwards.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define DIGEST_BYTES 64

/* The order of the base point: 2^252 + 27742317777372353535851937790883648493, big-endian. */
static const uint8_t order[] = { 0x10, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                 0,    0,    0,    0,    0,    0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7,
                                 0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed };

/* What a password is expanded to: the secret scalar, and the prefix of the digest that makes signatures unique. */
struct expanded {
    uint8_t scalar[EDWARDS_BYTES];
    uint8_t prefix[EDWARDS_BYTES];
};

_Static_assert(sizeof(struct expanded) == DIGEST_BYTES, "a digest fills it");

/* SHA512 of up to three pieces. */
static bool digest(struct span a, struct span b, struct span c, uint8_t out[DIGEST_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha512(), NULL) == 1 &&
              EVP_DigestUpdate(context, a.data, a.len) == 1 &&
              EVP_DigestUpdate(context, b.data, b.len) == 1 &&
              EVP_DigestUpdate(context, c.data, c.len) == 1 && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool expand(struct span password, struct expanded *expanded_r)
{
    uint8_t bytes[DIGEST_BYTES];
    bool ok = digest(password, SPAN_NONE, SPAN_NONE, bytes);
    if (ok)
        memcpy(expanded_r, bytes, sizeof bytes);
    expanded_r->scalar[0] &= 248;
    expanded_r->scalar[31] = (uint8_t)((expanded_r->scalar[31] & 63) | 64);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return ok;
}

bool ed25519_public_key(struct span password, uint8_t key_r[ED25519_KEY_BYTES])
{
    struct expanded expanded = { 0 };
    bool ok = expand(password, &expanded);
    if (ok)
        edwards_base_multiple(expanded.scalar, key_r);
    OPENSSL_cleanse(&expanded, sizeof expanded);
    return ok;
}

/* out = (a * b + c) modulo the order; a and b may be NULL: c modulo the order. All little-endian; c has `c_len`
 * bytes. */
static bool multiply_add(const uint8_t *a, const uint8_t *b, const uint8_t *c, size_t c_len,
                         uint8_t out[EDWARDS_BYTES])
{
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *modulus = BN_bin2bn(order, sizeof order, NULL);
    BIGNUM *x = BN_secure_new(), *y = BN_secure_new(), *z = BN_secure_new();
    bool ok = context != NULL && modulus != NULL && x != NULL && y != NULL && z != NULL &&
              BN_lebin2bn(c, (int)c_len, z) != NULL && BN_nnmod(z, z, modulus, context) == 1;
    if (ok && a != NULL && b != NULL)
        ok = BN_lebin2bn(a, EDWARDS_BYTES, x) != NULL && BN_lebin2bn(b, EDWARDS_BYTES, y) != NULL &&
             BN_mod_mul(x, x, y, modulus, context) == 1 && BN_mod_add(z, z, x, modulus, context) == 1;
    ok = ok && BN_bn2lebinpad(z, out, EDWARDS_BYTES) == EDWARDS_BYTES;
    BN_clear_free(x);
    BN_clear_free(y);
    BN_clear_free(z);
    BN_free(modulus);
    BN_CTX_free(context);
    return ok;
}

/* RFC 8032 §5.1.6, from step 2. */
bool ed25519_sign(struct span password, struct span message, uint8_t signature_r[ED25519_SIGNATURE_BYTES])
{
    struct expanded expanded = { 0 };
    uint8_t key[EDWARDS_BYTES], bytes[DIGEST_BYTES], r[EDWARDS_BYTES], k[EDWARDS_BYTES];
    bool ok = expand(password, &expanded) &&
              digest(span_of(expanded.prefix, EDWARDS_BYTES), message, SPAN_NONE, bytes) &&
              multiply_add(NULL, NULL, bytes, sizeof bytes, r);
    if (ok) {
        edwards_base_multiple(expanded.scalar, key);
        edwards_base_multiple(r, signature_r);
        ok = digest(span_of(signature_r, EDWARDS_BYTES), span_of(key, sizeof key), message, bytes) &&
             multiply_add(NULL, NULL, bytes, sizeof bytes, k) &&
             multiply_add(k, expanded.scalar, r, sizeof r, signature_r + EDWARDS_BYTES);
    }
    OPENSSL_cleanse(&expanded, sizeof expanded);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(r, sizeof r);
    return ok;
}
