/* Authentication plugins: their computations, and a table of plugins by name. No sockets, no clock. Source:
 * protocol.md §3, with its test vectors. */
#ifndef HEADGATE_MYSQL_AUTH_H
#define HEADGATE_MYSQL_AUTH_H

#include "base/error.h"
#include "base/str.h"
#include "mysql/crypt.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stdint.h>

#define AUTH_NATIVE "mysql_native_password"
#define AUTH_CACHING_SHA2 "caching_sha2_password"
#define AUTH_HASH_BYTES 20

#define AUTH_PASSWORD_MAX 255 /* bytes of clear text */

/* What is known of an account's password. Holds copies; auth_secret_wipe erases them. */
struct auth_secret {
    bool has_password; /* `password` is the clear text (may be empty) */
    bool has_stored;   /* SHA1(SHA1(password)) known */
    bool has_stage1;   /* SHA1(password) known: from clear text, or seen at a login */
    char password[AUTH_PASSWORD_MAX + 1];
    size_t password_len;
    uint8_t stored[AUTH_HASH_BYTES];
    uint8_t stage1[AUTH_HASH_BYTES];
    bool is_sha2;   /* clients log in by caching_sha2_password, as they would at the server */
    bool has_crypt; /* what a server stores for it is known: the next three */
    unsigned crypt_rounds;
    uint8_t crypt_salt[CRYPT_SALT_BYTES];
    char crypt_digest[CRYPT_DIGEST_CHARS];
};

/* Fills all forms from the clear text. False when it is longer than 255 bytes. */
bool auth_secret_from_password(struct auth_secret *secret, struct span password);
/* Checks the password of a row of settings. False: it is too long, and *err names the limit. */
bool auth_check_password(const char *password, struct error *err);
/* Fills the stored form from "*" and 40 hex digits. */
bool auth_secret_from_native_hash(struct auth_secret *secret, struct span hash);
/* Fills the stored form of caching_sha2_password: "$A$005$", salt and digest; empty: an account without a password.
 * False: it is something else. */
bool auth_secret_from_sha2_hash(struct auth_secret *secret, struct span hash);
void auth_secret_wipe(struct auth_secret *secret);

/* Random printable ASCII without blanks, quotes, '$' or NUL (protocol.md §2.1). False when the system has no
 * randomness. */
bool auth_nonce(uint8_t nonce[NONCE_BYTES]);

/* ---- headgate as a server ---- */

/* Constant-time check of a 20-byte native token (or an empty one: empty password). On success fills
 * secret->stage1. */
bool auth_native_verify(struct auth_secret *secret, const uint8_t nonce[NONCE_BYTES], struct span token);

/* Checks a 32-byte caching_sha2_password proof in constant time. An empty token, or a single NUL, means an
 * empty password. Needs the clear text: false when only a hash is known. */
bool auth_sha2_verify(const struct auth_secret *secret, const uint8_t nonce[NONCE_BYTES], struct span proof);

/* Is this clear text the password of which has_crypt says the stored form? On success the secret has the clear text as
 * well. Costs milliseconds, whatever the answer. */
bool auth_sha2_check(struct auth_secret *secret, struct span password);

/* ---- headgate as a client of a server ---- */

enum auth_verdict {
    AUTH_MORE,
    AUTH_UNABLE, /* this form of the password, or this connection, does not allow the proof: err says why */
    AUTH_FAILED  /* the server's packet is invalid, or OpenSSL failed: err says which */
};

struct auth_context {
    const struct auth_secret *secret; /* borrows */
    uint8_t nonce[64];
    size_t nonce_len;
    bool is_secure; /* TLS, or a unix socket: clear text may be sent */
    uint8_t stage;  /* private to the plugin */
};

struct auth_plugin {
    const char *name;
    /* The first answer to the server's nonce, appended unframed (may be empty). */
    enum auth_verdict (*start)(struct auth_context *context, struct text *out, struct error *err);
    /* A later packet of the server, without its first byte 0x01. *has_answer_r tells whether `out` is to be
     * sent (an empty packet is an answer too). */
    enum auth_verdict (*step)(struct auth_context *context, struct span data, struct text *out,
                              bool *has_answer_r, struct error *err);
};

/* The plugin of that name; NULL when headgate does not know it. */
const struct auth_plugin *auth_plugin_find(struct span name);

#endif
