#include "mysql/certificate_proof.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

bool certificate_proof_write(struct span stored, const uint8_t nonce[NONCE_BYTES], struct span fingerprint,
                             uint8_t proof_r[CERTIFICATE_PROOF_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t hash[SHA256_DIGEST_LENGTH];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool is_done = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(digest, stored.data, stored.len) == 1 &&
                   EVP_DigestUpdate(digest, nonce, NONCE_BYTES) == 1 &&
                   EVP_DigestUpdate(digest, fingerprint.data, fingerprint.len) == 1 &&
                   EVP_DigestFinal_ex(digest, hash, NULL) == 1;
    EVP_MD_CTX_free(digest);
    proof_r[0] = 0x01;
    for (size_t i = 0; is_done && i < sizeof hash; i++) {
        proof_r[1 + 2 * i] = (uint8_t)digits[hash[i] >> 4];
        proof_r[2 + 2 * i] = (uint8_t)digits[hash[i] & 0x0F];
    }
    return is_done;
}
