#include "mysql/crypt.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>

#define BYTES 32u

/* A digest in progress; is_bad once OpenSSL has failed. */
struct hash {
    EVP_MD_CTX *context;
    bool is_bad;
};

static void begin(struct hash *hash)
{
    hash->is_bad |= EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1;
}

static void add(struct hash *hash, const void *data, size_t len)
{
    hash->is_bad = hash->is_bad || EVP_DigestUpdate(hash->context, data, len) != 1;
}

/* Adds `len` bytes, which are the digest repeated. */
static void add_repeated(struct hash *hash, const uint8_t digest[BYTES], size_t len)
{
    for (; len > BYTES; len -= BYTES)
        add(hash, digest, BYTES);
    add(hash, digest, len);
}

static void end(struct hash *hash, uint8_t digest_r[BYTES])
{
    hash->is_bad = hash->is_bad || EVP_DigestFinal_ex(hash->context, digest_r, NULL) != 1;
}

/* The digests A, DP and DS of the specification (steps 1 to 20). */
struct start {
    uint8_t a[BYTES];
    uint8_t p[BYTES];
    uint8_t s[BYTES];
};

static void prepare(struct hash *hash, struct span password, struct span salt, struct start *start)
{
    uint8_t b[BYTES];
    begin(hash);
    add(hash, password.data, password.len);
    add(hash, salt.data, salt.len);
    add(hash, password.data, password.len);
    end(hash, b);
    begin(hash);
    add(hash, password.data, password.len);
    add(hash, salt.data, salt.len);
    add_repeated(hash, b, password.len);
    for (size_t bits = password.len; bits > 0; bits >>= 1)
        if ((bits & 1) != 0)
            add(hash, b, BYTES);
        else
            add(hash, password.data, password.len);
    end(hash, start->a);
    begin(hash);
    for (size_t i = 0; i < password.len; i++)
        add(hash, password.data, password.len);
    end(hash, start->p);
    begin(hash);
    for (size_t i = 0; i < 16u + start->a[0]; i++)
        add(hash, salt.data, salt.len);
    end(hash, start->s);
    OPENSSL_cleanse(b, sizeof b);
}

static void run_round(struct hash *hash, unsigned round, struct span password, struct span salt,
                      struct start *start)
{
    begin(hash);
    if (round % 2 != 0)
        add_repeated(hash, start->p, password.len);
    else
        add(hash, start->a, BYTES);
    if (round % 3 != 0)
        add_repeated(hash, start->s, salt.len);
    if (round % 7 != 0)
        add_repeated(hash, start->p, password.len);
    if (round % 2 != 0)
        add(hash, start->a, BYTES);
    else
        add_repeated(hash, start->p, password.len);
    end(hash, start->a);
}

/* Three bytes become four characters, in the order of the specification (step 22). */
static void encode(const uint8_t a[BYTES], char digest_r[CRYPT_DIGEST_CHARS])
{
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const uint8_t order[11][3] = { { 0, 10, 20 }, { 21, 1, 11 }, { 12, 22, 2 },    { 3, 13, 23 },
                                          { 24, 4, 14 }, { 15, 25, 5 }, { 6, 16, 26 },    { 27, 7, 17 },
                                          { 18, 28, 8 }, { 9, 19, 29 }, { BYTES, 31, 30 } };
    size_t at = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        uint32_t high = order[i][0] < BYTES ? a[order[i][0]] : 0;
        uint32_t word = high << 16 | (uint32_t)a[order[i][1]] << 8 | a[order[i][2]];
        for (int j = 0; j < 4 && at < CRYPT_DIGEST_CHARS; j++, word >>= 6)
            digest_r[at++] = alphabet[word & 63];
    }
}

bool crypt_sha256(struct span password, struct span salt, unsigned rounds, char digest_r[CRYPT_DIGEST_CHARS])
{
    struct hash hash = { .context = EVP_MD_CTX_new() };
    struct start start = { 0 };
    if (hash.context == NULL)
        return false;
    prepare(&hash, password, salt, &start);
    for (unsigned round = 0; round < rounds && !hash.is_bad; round++)
        run_round(&hash, round, password, salt, &start);
    encode(start.a, digest_r);
    OPENSSL_cleanse(&start, sizeof start);
    EVP_MD_CTX_free(hash.context);
    return !hash.is_bad;
}
