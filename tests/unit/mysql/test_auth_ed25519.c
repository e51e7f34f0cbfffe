#include "bytes.h"

#include "mysql/auth_ed25519.h"

#include <openssl/evp.h>

/* From a server: ed25519_password('secret') is "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY". */
TEST(public_key_is_the_one_that_mariadb_stores)
{
    uint8_t key[ED25519_KEY_BYTES];
    assert_true(ed25519_public_key(SPAN_LITERAL("secret"), key));
    assert_hex(span_of(key, sizeof key), "648814444520e4f56043a2ec9215e63be7992d2d270bc6dee873e36164786096");
}

static bool is_valid(const uint8_t *key, struct span message, const uint8_t *signature)
{
    EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, NULL, NULL, public), 1);
    bool ok = EVP_DigestVerify(context, signature, ED25519_SIGNATURE_BYTES, message.data, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public);
    return ok;
}

/* OpenSSL verifies what is signed here, for passwords and messages of many sizes. */
TEST(signatures_are_valid_for_their_message_alone)
{
    uint8_t bytes[256], key[ED25519_KEY_BYTES], signature[ED25519_SIGNATURE_BYTES];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 0; len < 64; len++) {
        struct span password = span_of(bytes, len * 4), message = span_of(bytes + len, 32);
        assert_true(ed25519_public_key(password, key));
        assert_true(ed25519_sign(password, message, signature));
        assert_true(is_valid(key, message, signature));
        assert_false(is_valid(key, span_of(bytes + len + 1, 32), signature));
        signature[len] ^= 1;
        assert_false(is_valid(key, message, signature));
    }
}

RUN_TESTS(NULL, NULL)
