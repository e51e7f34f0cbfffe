#include "mysql/auth.h"

#include "mysql/auth_ed25519.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#define SHA256_BYTES 32u
#define KEY_BITS_MAX 8192 /* larger keys of a server are refused: they cost too much CPU time */
#define PEM_MAX 8192u     /* bytes; 8192 bits take about 1400 */

/* ---- digests ---- */

/* The digest of `a` followed by `b`. False when OpenSSL fails (out of memory, or SHA-1 is forbidden by the
 * system's policy). */
static bool digest(const EVP_MD *kind, struct span a, struct span b, uint8_t *out)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, kind, NULL) == 1 &&
              EVP_DigestUpdate(context, a.data, a.len) == 1 &&
              EVP_DigestUpdate(context, b.data, b.len) == 1 && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static bool sha1(struct span a, struct span b, uint8_t out[AUTH_HASH_BYTES])
{
    return digest(EVP_sha1(), a, b, out);
}

static bool sha256(struct span a, struct span b, uint8_t out[SHA256_BYTES])
{
    return digest(EVP_sha256(), a, b, out);
}

static const struct span nothing = { (const uint8_t *)"", 0 };

static void xor_into(uint8_t *into, const uint8_t *with, size_t len)
{
    for (size_t i = 0; i < len; i++)
        into[i] ^= with[i];
}

/* ---- secrets ---- */

bool auth_secret_from_password(struct auth_secret *secret, struct span password)
{
    *secret = (struct auth_secret){ 0 };
    if (password.len >= sizeof secret->password)
        return false;
    if (password.len > 0)
        memcpy(secret->password, password.data, password.len);
    secret->password_len = password.len;
    struct span clear = span_of(secret->password, password.len);
    if (!sha1(clear, nothing, secret->stage1) ||
        !sha1(span_of(secret->stage1, AUTH_HASH_BYTES), nothing, secret->stored)) {
        auth_secret_wipe(secret);
        return false;
    }
    secret->has_password = secret->has_stage1 = secret->has_stored = true;
    return true;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool auth_check_password(const char *password, struct error *err)
{
    return strlen(password) <= AUTH_PASSWORD_MAX ||
           error_set(err, 0, "it is longer than %d bytes", AUTH_PASSWORD_MAX);
}

bool auth_secret_from_native_hash(struct auth_secret *secret, struct span hash)
{
    *secret = (struct auth_secret){ 0 };
    if (hash.len != 1 + 2 * AUTH_HASH_BYTES || hash.data[0] != '*')
        return false;
    for (size_t i = 0; i < AUTH_HASH_BYTES; i++) {
        int high = hex_value(hash.data[1 + 2 * i]);
        int low = hex_value(hash.data[2 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        secret->stored[i] = (uint8_t)(high << 4 | low);
    }
    secret->has_stored = true;
    return true;
}

bool auth_secret_from_sha2_hash(struct auth_secret *secret, struct span hash)
{
    static const char prefix[] = "$A$";
    const size_t head =
        sizeof prefix - 1 + 4; /* the prefix, three hexadecimal digits (thousands of rounds) and a $ */
    if (hash.len == 0) {
        bool is_good = auth_secret_from_password(secret, nothing);
        secret->is_sha2 = is_good;
        return is_good;
    }
    *secret = (struct auth_secret){ 0 };
    if (hash.len != head + CRYPT_SALT_BYTES + CRYPT_DIGEST_CHARS || memcmp(hash.data, prefix, 3) != 0 ||
        hash.data[head - 1] != '$')
        return false;
    for (size_t i = 3; i < head - 1; i++) {
        int digit = hex_value(hash.data[i]);
        if (digit < 0)
            return false;
        secret->crypt_rounds = secret->crypt_rounds * 16 + (unsigned)digit;
    }
    secret->crypt_rounds *= 1000;
    memcpy(secret->crypt_salt, hash.data + head, CRYPT_SALT_BYTES);
    memcpy(secret->crypt_digest, hash.data + head + CRYPT_SALT_BYTES, CRYPT_DIGEST_CHARS);
    secret->is_sha2 = secret->has_crypt = true;
    return true;
}

bool auth_sha2_check(struct auth_secret *secret, struct span password)
{
    char digest_of[CRYPT_DIGEST_CHARS];
    struct auth_secret clear;
    bool is_made = crypt_sha256(password, span_of(secret->crypt_salt, CRYPT_SALT_BYTES), secret->crypt_rounds,
                                digest_of);
    bool matches = is_made && CRYPTO_memcmp(digest_of, secret->crypt_digest, CRYPT_DIGEST_CHARS) == 0 &&
                   auth_secret_from_password(&clear, password);
    OPENSSL_cleanse(digest_of, sizeof digest_of);
    if (!matches)
        return false;
    clear.is_sha2 = true;
    *secret = clear;
    auth_secret_wipe(&clear);
    return true;
}

void auth_secret_wipe(struct auth_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof *secret);
}

static bool is_empty_password(const struct auth_secret *secret)
{
    return secret->has_password && secret->password_len == 0;
}

bool auth_nonce(uint8_t nonce[NONCE_BYTES])
{
    /* 64 characters: six bits of each random byte select one with equal probability, 120 bits in all. */
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (RAND_bytes(nonce, NONCE_BYTES) != 1)
        return false;
    for (size_t i = 0; i < NONCE_BYTES; i++)
        nonce[i] = (uint8_t)alphabet[nonce[i] & 63];
    return true;
}

/* ---- headgate as a server ---- */

bool auth_native_verify(struct auth_secret *secret, const uint8_t nonce[NONCE_BYTES], struct span token)
{
    uint8_t stage1[AUTH_HASH_BYTES];
    uint8_t again[AUTH_HASH_BYTES];
    uint8_t proof[AUTH_HASH_BYTES] = { 0 };
    bool is_whole = token.len == AUTH_HASH_BYTES;
    if (is_whole)
        memcpy(proof, token.data, AUTH_HASH_BYTES);
    bool ok = sha1(span_of(nonce, NONCE_BYTES), span_of(secret->stored, AUTH_HASH_BYTES), stage1);
    xor_into(stage1, proof, AUTH_HASH_BYTES);
    ok = sha1(span_of(stage1, AUTH_HASH_BYTES), nothing, again) && ok;
    bool matches = CRYPTO_memcmp(again, secret->stored, AUTH_HASH_BYTES) == 0;
    bool is_empty = is_empty_password(secret);
    bool accepted = ok && is_whole && matches && secret->has_stored && !is_empty;
    if (accepted && !secret->has_stage1) {
        memcpy(secret->stage1, stage1, AUTH_HASH_BYTES);
        secret->has_stage1 = true;
    }
    OPENSSL_cleanse(stage1, sizeof stage1);
    return accepted || (is_empty && token.len == 0);
}

/* ---- headgate as a client of a server ---- */

static enum auth_verdict fail(struct error *err, const char *text)
{
    (void)error_set(err, 0, "%s", text);
    return AUTH_FAILED;
}

static enum auth_verdict unable(struct error *err, const char *text)
{
    (void)error_set(err, 0, "%s", text);
    return AUTH_UNABLE;
}

static enum auth_verdict no_crypto(struct error *err)
{
    return fail(err, "the system's OpenSSL refused to compute the proof");
}

static enum auth_verdict put_clear(const struct auth_secret *secret, struct text *out)
{
    (void)text_append(out, secret->password, secret->password_len);
    (void)text_append_byte(out, 0);
    return AUTH_MORE;
}

static enum auth_verdict native_start(struct auth_context *context, struct text *out, struct error *err)
{
    const struct auth_secret *secret = context->secret;
    if (is_empty_password(secret))
        return AUTH_MORE;
    if (!secret->has_stage1)
        return unable(err, AUTH_NATIVE ": only the stored hash is known, which does not let us log in; "
                                       "the password or a login of this user must be seen first");
    if (context->nonce_len < NONCE_BYTES)
        return fail(err, AUTH_NATIVE ": the server's nonce has less than 20 bytes");
    struct span stage1 = span_of(secret->stage1, AUTH_HASH_BYTES);
    uint8_t stored[AUTH_HASH_BYTES];
    uint8_t token[AUTH_HASH_BYTES];
    if (!sha1(stage1, nothing, stored) ||
        !sha1(span_of(context->nonce, NONCE_BYTES), span_of(stored, AUTH_HASH_BYTES), token))
        return no_crypto(err);
    xor_into(token, secret->stage1, AUTH_HASH_BYTES);
    (void)text_append(out, token, AUTH_HASH_BYTES);
    return AUTH_MORE;
}

static enum auth_verdict no_step(struct auth_context *context, struct span data, struct text *out,
                                 bool *has_answer_r, struct error *err)
{
    (void)context;
    (void)data;
    (void)out;
    *has_answer_r = false;
    return fail(err, "the server sent more data where this plugin has no more to say");
}

/* SHA256(p) xor SHA256(SHA256(SHA256(p)) nonce), where p is the password. */
static bool sha2_proof(const struct auth_secret *secret, const uint8_t *nonce, uint8_t proof[SHA256_BYTES])
{
    uint8_t once[SHA256_BYTES], twice[SHA256_BYTES];
    bool ok = sha256(span_of(secret->password, secret->password_len), nothing, once) &&
              sha256(span_of(once, SHA256_BYTES), nothing, twice) &&
              sha256(span_of(twice, SHA256_BYTES), span_of(nonce, NONCE_BYTES), proof);
    if (ok)
        xor_into(proof, once, SHA256_BYTES);
    OPENSSL_cleanse(once, sizeof once);
    OPENSSL_cleanse(twice, sizeof twice);
    return ok;
}

bool auth_sha2_verify(const struct auth_secret *secret, const uint8_t nonce[NONCE_BYTES], struct span proof)
{
    uint8_t wanted[SHA256_BYTES], given[SHA256_BYTES] = { 0 };
    bool is_whole = proof.len == SHA256_BYTES, is_empty = secret->has_password && secret->password_len == 0;
    if (is_whole)
        memcpy(given, proof.data, SHA256_BYTES);
    bool matches = sha2_proof(secret, nonce, wanted) && CRYPTO_memcmp(wanted, given, SHA256_BYTES) == 0;
    OPENSSL_cleanse(wanted, sizeof wanted);
    if (is_empty)
        return proof.len == 0 || (proof.len == 1 && proof.data[0] == 0);
    return is_whole && matches && secret->has_password;
}

static enum auth_verdict sha2_start(struct auth_context *context, struct text *out, struct error *err)
{
    const struct auth_secret *secret = context->secret;
    if (!secret->has_password)
        return unable(err, AUTH_CACHING_SHA2 ": needs the password, only a " AUTH_NATIVE " hash is known");
    if (secret->password_len == 0)
        return AUTH_MORE;
    if (context->nonce_len < NONCE_BYTES)
        return fail(err, AUTH_CACHING_SHA2 ": the server's nonce has less than 20 bytes");
    uint8_t proof[SHA256_BYTES];
    bool ok = sha2_proof(secret, context->nonce, proof);
    if (ok)
        (void)text_append(out, proof, SHA256_BYTES);
    return ok ? AUTH_MORE : no_crypto(err);
}

/* The public key in a PEM text if it is an RSA key of an accepted size; else NULL. */
static EVP_PKEY *read_key(struct span pem)
{
    if (pem.len > PEM_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (key != NULL && (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) > KEY_BITS_MAX)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* RSA-OAEP with SHA-1, OpenSSL's default for this padding. */
static bool put_encrypted(EVP_PKEY *key, struct span plain, struct text *out)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    char *place = text_reserve(out, len);
    bool ok = context != NULL && place != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_encrypt(context, (unsigned char *)place, &len, plain.data, plain.len) == 1;
    if (ok)
        out->len += len;
    EVP_PKEY_CTX_free(context);
    return ok;
}

/* Appends the password with its NUL, xor the repeated nonce, encrypted with the server's public key. */
static enum auth_verdict answer_key(const struct auth_context *context, struct span pem, struct text *out,
                                    struct error *err)
{
    const struct auth_secret *secret = context->secret;
    uint8_t plain[sizeof secret->password];
    size_t len = secret->password_len + 1;
    memcpy(plain, secret->password, secret->password_len);
    plain[secret->password_len] = 0;
    for (size_t i = 0; i < len; i++)
        plain[i] ^= context->nonce[i % NONCE_BYTES];
    EVP_PKEY *key = read_key(pem);
    bool ok = key != NULL && put_encrypted(key, span_of(plain, len), out);
    EVP_PKEY_free(key);
    OPENSSL_cleanse(plain, sizeof plain);
    if (!ok)
        return fail(err, "the server sent no usable RSA public key for the password (PEM expected)");
    return AUTH_MORE;
}

enum sha2_stage { SHA2_PROOF, SHA2_KEY, SHA2_SPENT };
enum { SHA2_KEY_REQUEST = 0x02, SHA2_FAST_OK = 0x03, SHA2_FULL = 0x04 };

/* The server's cache does not have this account: it asks for the password itself. */
static enum auth_verdict sha2_full(struct auth_context *context, struct text *out)
{
    if (context->is_secure) {
        context->stage = SHA2_SPENT;
        return put_clear(context->secret, out);
    }
    context->stage = SHA2_KEY;
    (void)text_append_byte(out, SHA2_KEY_REQUEST);
    return AUTH_MORE;
}

static enum auth_verdict sha2_step(struct auth_context *context, struct span data, struct text *out,
                                   bool *has_answer_r, struct error *err)
{
    *has_answer_r = true;
    if (context->stage == SHA2_KEY) {
        context->stage = SHA2_SPENT;
        return answer_key(context, data, out, err);
    }
    if (context->stage == SHA2_PROOF && data.len == 1 && data.data[0] == SHA2_FULL)
        return sha2_full(context, out);
    *has_answer_r = false;
    if (context->stage == SHA2_PROOF && data.len == 1 && data.data[0] == SHA2_FAST_OK) {
        context->stage = SHA2_SPENT;
        return AUTH_MORE; /* an OK follows */
    }
    return fail(err, AUTH_CACHING_SHA2
                ": the server sent something other than fast success (03) or full login (04)");
}

static enum auth_verdict sha256_start(struct auth_context *context, struct text *out, struct error *err)
{
    if (!context->secret->has_password)
        return unable(err, "sha256_password: needs the password, only a " AUTH_NATIVE " hash is known");
    if (context->is_secure || context->secret->password_len == 0)
        return put_clear(context->secret, out);
    if (context->nonce_len < NONCE_BYTES)
        return fail(err, "sha256_password: the server's nonce has less than 20 bytes");
    (void)text_append_byte(out, 0x01); /* sha256_password uses another byte for the request of the key */
    context->stage = SHA2_KEY;
    return AUTH_MORE;
}

static enum auth_verdict sha256_step(struct auth_context *context, struct span data, struct text *out,
                                     bool *has_answer_r, struct error *err)
{
    *has_answer_r = context->stage == SHA2_KEY;
    if (!*has_answer_r)
        return fail(err, "sha256_password: the server sent data after the password");
    context->stage = SHA2_SPENT;
    return answer_key(context, data, out, err);
}

static enum auth_verdict clear_start(struct auth_context *context, struct text *out, struct error *err)
{
    if (!context->is_secure)
        return unable(err, "mysql_clear_password: the password is not sent over a connection without TLS");
    if (!context->secret->has_password)
        return unable(err, "mysql_clear_password: needs the password, only a " AUTH_NATIVE " hash is known");
    return put_clear(context->secret, out);
}

static enum auth_verdict ed25519_start(struct auth_context *context, struct text *out, struct error *err)
{
    const struct auth_secret *secret = context->secret;
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    if (!secret->has_password)
        return unable(err, AUTH_ED25519 ": needs the password, only a " AUTH_NATIVE " hash is known");
    if (context->nonce_len != ED25519_NONCE_BYTES)
        return fail(err, AUTH_ED25519 ": the server's nonce has not 32 bytes");
    if (!ed25519_sign(span_of(secret->password, secret->password_len),
                      span_of(context->nonce, ED25519_NONCE_BYTES), signature))
        return no_crypto(err);
    (void)text_append(out, signature, sizeof signature);
    return AUTH_MORE;
}

static const struct auth_plugin plugins[] = {
    { AUTH_NATIVE, native_start, no_step },           { AUTH_CACHING_SHA2, sha2_start, sha2_step },
    { "sha256_password", sha256_start, sha256_step }, { AUTH_ED25519, ed25519_start, no_step },
    { "mysql_clear_password", clear_start, no_step },
};

const struct auth_plugin *auth_plugin_find(struct span name)
{
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
        if (span_is(name, plugins[i].name))
            return &plugins[i];
    return NULL;
}
