/* SHA-256-crypt ("Unix crypt using SHA-256 and SHA-512", U. Drepper, 2008), as MySQL stores passwords for
 * caching_sha2_password: "$A$005$", a salt of 20 bytes, 43 characters. Pure. Costs milliseconds: 5000 rounds. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

#define CRYPT_DIGEST_CHARS 43
#define CRYPT_SALT_BYTES 20

/* Writes the digest, without a NUL. `salt` may hold any bytes. False: OpenSSL fails, or memory is out. */
bool crypt_sha256(struct span password, struct span salt, unsigned rounds, char digest_r[CRYPT_DIGEST_CHARS]);
