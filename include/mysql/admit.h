/* headgate as a server to a client: the dialogue from our greeting to the verdict, as a machine without
 * sockets. The OK itself is the session's to send: it waits until an upstream has accepted the schema.
 *
 *      greet ──► response ──► [auth switch ──► proof] ──► ACCEPTED | REFUSED
 *
 * Unknown users take exactly the same steps as known ones and get the same 1045.
 */
#ifndef HEADGATE_MYSQL_ADMIT_H
#define HEADGATE_MYSQL_ADMIT_H

#include "base/error.h"
#include "base/str.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stdint.h>

#define ADMIT_USER_MAX 128
#define ADMIT_SCHEMA_MAX 256
#define ADMIT_ZSTD_LEVEL_MAX 22
#define ADMIT_PACKET_MAX 65535u /* larger packets before authentication are refused by the caller */

/* Finds an account and copies its secret; false: no such user. */
typedef bool (*admit_find_user)(void *context, const char *user, struct auth_secret *secret_r);

enum admit_verdict { ADMIT_MORE, ADMIT_ACCEPTED, ADMIT_REFUSED };

struct admit_candidate; /* the client that logs in, until the verdict */

struct admit {
    uint8_t state; /* private */
    uint8_t seq;   /* of the next packet we send */
    uint64_t offered;
    uint8_t nonce[NONCE_BYTES];
    struct admit_candidate *candidate; /* owns: only while a dialogue goes on */
    bool is_known;                     /* the user exists; never shown to the client */
    bool takes_sha2; /* the owner may set it after admit_greet: clients that name caching_sha2_password prove
                        themselves with it, where the password is known in clear text */
    bool is_sha2;    /* this one does */
    bool has_password; /* the client sent a non-empty proof: for the 1045 text */
    /* results, kept for the session */
    char user[ADMIT_USER_MAX + 1];
    char schema[ADMIT_SCHEMA_MAX + 1];
    uint64_t caps;      /* agreed with the client: of CAPS_COMPRESSION one bit at most */
    uint8_t zstd_level; /* 1 to ADMIT_ZSTD_LEVEL_MAX, with CAP_ZSTD */
    uint16_t collation;
    uint32_t max_packet;
    struct auth_secret secret; /* with stage1 after ACCEPTED; the session wipes it */
    struct text attributes;    /* owns: encoded pairs */
};

/* Begins anew, whatever `admit` held. Appends the framed greeting; `greeting->nonce` and `greeting->plugin`
 * are made here, caps must be what is offered to this client. False: no randomness. */
bool admit_greet(struct admit *admit, struct greeting *greeting, struct text *out);

/* One packet of the client. ADMIT_REFUSED: `out` holds the ERR to send before closing, `err` the reason for
 * the log. `peer` is the client's address for the text "Access denied for user 'u'@'peer' (using password:
 * YES)". An SSLRequest is refused: TLS is not part of this machine. */
enum admit_verdict admit_feed(struct admit *admit, struct span payload, uint8_t seq, const char *peer,
                              admit_find_user find, void *context, struct text *out, struct error *err);

/* COM_CHANGE_USER in an admitted session: same nonce, same verdicts; ADMIT_MORE means an auth switch was put.
 * Results are replaced only when ACCEPTED. Call with the packet's payload from the command byte on, then
 * admit_feed. */
enum admit_verdict admit_change_user(struct admit *admit, struct span payload, uint8_t seq, const char *peer,
                                     admit_find_user find, void *context, struct text *out,
                                     struct error *err);

void admit_fini(struct admit *admit);

#endif
