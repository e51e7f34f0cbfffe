/* headgate as a server towards a client: the login dialogue from headgate's greeting to the verdict, as a
 * state machine without sockets.
 *
 *      greet ──► [request for TLS ──►] response ──► [auth switch ──► proof] ──► ACCEPTED | REFUSED
 *
 * The final OK packet is not written here. The session writes it after an upstream has accepted the schema.
 * An unknown user takes exactly the same steps as a known user and gets the same error 1045. */
#ifndef HEADGATE_MYSQL_CLIENT_LOGIN_H
#define HEADGATE_MYSQL_CLIENT_LOGIN_H

#include "base/error.h"
#include "base/str.h"
#include "mysql/auth.h"
#include "mysql/certificate_proof.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIENT_LOGIN_USER_MAX 128
#define CLIENT_LOGIN_SCHEMA_MAX 256
#define CLIENT_LOGIN_ZSTD_LEVEL_MAX 22
#define CLIENT_LOGIN_PACKET_MAX 65535u /* before authentication the caller refuses larger packets */

/* Finds an account and copies its secret; false: no such user, and *secret_r is zero, or a decoy with has_crypt, where
 * other accounts have caching_sha2_password. */
typedef bool (*client_login_find_user)(void *context, const char *user, struct auth_secret *secret_r);

/* CLIENT_LOGIN_TLS: the client has asked for TLS. The owner sets it up, sets is_safe, and feeds the next packet
 * that comes through it. */
enum client_login_verdict {
    CLIENT_LOGIN_MORE,
    CLIENT_LOGIN_TLS,
    CLIENT_LOGIN_ACCEPTED,
    CLIENT_LOGIN_REFUSED
};

struct client_login_candidate; /* the client that is logging in; dropped at the verdict */

struct client_login {
    uint8_t state; /* private */
    uint8_t seq;   /* sequence id of the next packet that headgate sends */
    uint64_t offered;
    uint8_t nonce[NONCE_BYTES];
    struct client_login_candidate *candidate; /* owns; NULL when no dialogue is running */
    bool is_known;                            /* the user exists; never shown to the client */
    bool
        takes_sha2; /* set by the owner after client_login_greet: allow caching_sha2 if the clear text is known */
    bool must_be_safe; /* set by the owner: a client without a safe channel is refused */
    bool has_tls;      /* the client has asked for TLS: further packets come through it */
    bool is_safe;      /* set by the owner: the channel keeps secrets (TLS, or a unix socket) */
    bool is_sha2;      /* the client of this dialogue uses caching_sha2_password */
    bool has_password; /* the client sent a non-empty proof: for the 1045 text */
    /* results, kept for the session */
    char user[CLIENT_LOGIN_USER_MAX + 1];
    char schema[CLIENT_LOGIN_SCHEMA_MAX + 1];
    uint64_t caps;      /* agreed with the client; at most one bit of CAPS_COMPRESSION */
    uint8_t zstd_level; /* 1 to CLIENT_LOGIN_ZSTD_LEVEL_MAX, with CAP_ZSTD */
    uint16_t collation;
    uint32_t max_packet;
    struct auth_secret secret; /* has stage1 after ACCEPTED; the session wipes it */
    struct text attributes;    /* owns: encoded pairs */
};

/* Starts a new dialogue and discards the old content of `login`. Appends the framed greeting to `out`.
 * Creates `greeting->nonce` and `greeting->plugin`; the caller has set greeting->caps to what this client is
 * offered. False: the system has no randomness. */
bool client_login_greet(struct client_login *login, struct greeting *greeting, struct text *out);

/* Feeds one packet of the client. CLIENT_LOGIN_REFUSED: `out` holds the ERR to send before closing, `err` the reason
 * for the log. `peer` is the client's address, used in the text "Access denied for user 'u'@'peer' (using
 * password: YES)". An SSLRequest is refused if the greeting did
 * not offer TLS. TLS itself is not part of this machine. */
enum client_login_verdict client_login_feed(struct client_login *login, struct span payload, uint8_t seq,
                                            const char *peer, client_login_find_user find, void *context,
                                            struct text *out, struct error *err);

/* Feeds COM_CHANGE_USER of an admitted session: same nonce and same verdicts as a login. CLIENT_LOGIN_MORE: an auth
 * switch was appended to `out`; continue with client_login_feed. `payload` begins with the command byte. The results
 * in `login` are replaced only when the verdict is CLIENT_LOGIN_ACCEPTED. */
enum client_login_verdict client_login_change_user(struct client_login *login, struct span payload,
                                                   uint8_t seq, const char *peer, client_login_find_user find,
                                                   void *context, struct text *out, struct error *err);

/* After CLIENT_LOGIN_ACCEPTED: the text of the OK packet by which a MariaDB client trusts the certificate with this
 * fingerprint (certificate_proof.h), in proof_r. Empty: the client has not asked for TLS in this login, its password
 * is empty, or the plugin has no form of the password that both sides know. */
struct span client_login_prove(const struct client_login *login, struct span fingerprint,
                               uint8_t proof_r[CERTIFICATE_PROOF_BYTES]);

void client_login_fini(struct client_login *login);

#endif
