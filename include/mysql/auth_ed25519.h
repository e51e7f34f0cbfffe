/* client_ed25519 of MariaDB: a signature of the server's nonce of 32 bytes. The key is made of SHA512(password),
 * where RFC 8032 has SHA512(seed); the rest is Ed25519. Pure. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define AUTH_ED25519 "client_ed25519"
#define ED25519_NONCE_BYTES 32
#define ED25519_KEY_BYTES 32
#define ED25519_SIGNATURE_BYTES 64

/* The public key of the password: what a server stores, in base64. False: OpenSSL has failed. */
bool ed25519_public_key(struct span password, uint8_t key_r[ED25519_KEY_BYTES]);
/* The signature of `message`. False: OpenSSL has failed. */
bool ed25519_sign(struct span password, struct span message, uint8_t signature_r[ED25519_SIGNATURE_BYTES]);
