/* The proof by which MariaDB's clients since 11.4 trust a certificate that no authority has signed: only who knows
 * the account's stored password can have made it, so the server is the account's and not one between. Source:
 * protocol.md §10. */
#pragma once

#include "base/str.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stdint.h>

#define CERTIFICATE_PROOF_BYTES 65 /* 0x01, and SHA-256 in 64 upper-case hexadecimal digits */

/* Writes the text of the login's OK packet. `stored`: of the account, as its plugin keeps it: 20 bytes of
 * mysql_native_password, the 32 bytes of an ed25519 key, the 52 bytes of parsec ('P', factor, salt, key).
 * `nonce`: of the greeting. `fingerprint`: SHA-256 of the certificate in DER, 32 bytes. False: OpenSSL failed. */
bool certificate_proof_write(struct span stored, const uint8_t nonce[NONCE_BYTES], struct span fingerprint,
                             uint8_t proof_r[CERTIFICATE_PROOF_BYTES]);
