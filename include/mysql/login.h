/* headgate as a client of a server: the dialogue from the greeting to the OK, as a machine without sockets.
 * Packets' payloads in, bytes out. `admit` is its mirror image.
 *
 *      greeting ──► [SSLRequest ──► TLS] ──► response ──► (auth switch | more data)* ──► OK | ERR
 *                                   COM_CHANGE_USER ──► ′′
 */
#ifndef HEADGATE_MYSQL_LOGIN_H
#define HEADGATE_MYSQL_LOGIN_H

#include "base/error.h"
#include "base/str.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"
#include "mysql/reply.h"

#include <stdbool.h>
#include <stdint.h>

enum login_tls { LOGIN_TLS_OFF, LOGIN_TLS_PREFERRED, LOGIN_TLS_REQUIRED };

struct login_wish { /* borrowed until the login is over */
    const char *user;
    const struct auth_secret *secret;
    const char *schema;     /* NULL or "": none */
    struct span attributes; /* encoded pairs; empty: none */
    uint64_t caps;          /* end-to-end bits wanted exactly; what the server lacks makes the login fail */
    uint64_t caps_optional; /* set where the server has them */
    uint16_t collation;
    enum login_tls tls;
    uint64_t compression; /* of CAPS_COMPRESSION one bit, asked for if the server offers it; or 0 */
    uint8_t zstd_level;   /* sent with CAP_ZSTD */
    bool is_local;        /* unix socket: as good as TLS for clear text */
};

enum login_verdict {
    LOGIN_MORE,     /* send `out`, feed the next packet */
    LOGIN_TLS_GO,   /* send `out`, do the TLS handshake, then call login_secured */
    LOGIN_DONE,     /* in: login->ok is valid during this call */
    LOGIN_REFUSED,  /* the server said ERR: err->code, err->sqlstate, err->text hold it */
    LOGIN_UNPROVEN, /* the account asks for a proof that headgate cannot give: an unknown plugin, the clear
                       text where only a hash is known or TLS is missing. err has 1251, its state, and why */
    LOGIN_FAILED    /* nonsense, or a missing capability: err says which */
};

struct login {
    const struct login_wish *wish;
    uint8_t state; /* private */
    uint8_t seq;   /* of the next packet we send */
    const struct auth_plugin *plugin;
    struct auth_context auth;
    uint8_t proof[64]; /* private: the plugin's first answer, while TLS is set up */
    uint8_t proof_len;
    bool has_switched; /* private: the server may change the plugin once */
    /* results */
    uint64_t caps;        /* agreed */
    uint64_t server_caps; /* of the greeting */
    uint32_t connection_id;
    uint8_t server_collation;
    enum server_family family;
    char version[64];
    uint8_t nonce[NONCE_BYTES]; /* of the greeting */
    struct reply_ok ok;         /* spans borrow from the last packet fed */
};

void login_begin(struct login *login, const struct login_wish *wish);
enum login_verdict login_feed(struct login *login, struct span payload, uint8_t seq, struct text *out,
                              struct error *err);
/* TLS is up: appends the full response. */
void login_secured(struct login *login, struct text *out);

/* Instead of login_begin, on a connection that somebody has logged in: appends COM_CHANGE_USER, then feed
 * what comes. `caps` as they were agreed with the server, `nonce` of its greeting; wish->caps and wish->tls
 * do not matter, is_local is for TLS as well. Of the results only `ok` is filled. */
enum login_verdict login_change(struct login *login, const struct login_wish *wish, uint64_t caps,
                                const uint8_t nonce[NONCE_BYTES], enum server_family family, struct text *out,
                                struct error *err);

#endif
