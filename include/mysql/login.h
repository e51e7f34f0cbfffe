/* headgate as a client of a server: the login dialogue from the greeting to the OK, as a state machine
 * without sockets. Payloads of packets in, bytes out. client_login.h is the opposite side.
 *
 *      greeting ──► [SSLRequest ──► TLS] ──► response ──► (auth switch | more data)* ──► OK | ERR
 *                                   COM_CHANGE_USER ──► (auth switch | more data)* ──► OK | ERR */
#ifndef HEADGATE_MYSQL_LOGIN_H
#define HEADGATE_MYSQL_LOGIN_H

#include "base/error.h"
#include "base/str.h"
#include "mysql/auth.h"
#include "mysql/handshake.h"
#include "mysql/reply.h"

#include <stdbool.h>
#include <stdint.h>

#define LOGIN_FINGERPRINT_BYTES 32 /* SHA-256 */

enum login_tls { LOGIN_TLS_OFF, LOGIN_TLS_PREFERRED, LOGIN_TLS_REQUIRED };

struct login_wish { /* borrowed until the login has ended */
    const char *user;
    const struct auth_secret *secret;
    const char *schema;     /* NULL or "": none */
    struct span attributes; /* encoded pairs; empty: none */
    uint64_t caps;          /* end-to-end bits that the connection must have; the login fails if the server
                             * lacks one */
    uint64_t caps_optional; /* used if the server has them */
    uint16_t collation;
    enum login_tls tls;
    uint64_t compression; /* one bit of CAPS_COMPRESSION, used if the server offers it; or 0 */
    uint8_t zstd_level;   /* sent with CAP_ZSTD */
    bool is_local;        /* unix socket: a clear-text password may be sent, as with TLS */
};

enum login_verdict {
    LOGIN_MORE,     /* send `out`, then feed the next packet */
    LOGIN_TLS_GO,   /* send `out`, do the TLS handshake, then call login_secured */
    LOGIN_DONE,     /* logged in; login->ok is valid during this call */
    LOGIN_REFUSED,  /* the server answered ERR: err->code, err->sqlstate and err->text hold it */
    LOGIN_UNPROVEN, /* the account needs a proof that headgate cannot give: the plugin is unknown, or it needs
                     * the clear text and only a hash is known or TLS is missing. err has code 1251, its
                     * SQLSTATE and the reason */
    LOGIN_FAILED    /* a packet is malformed, or a capability is missing: err says which */
};

struct login {
    const struct login_wish *wish;
    uint8_t state; /* private */
    uint8_t seq;   /* sequence id of the next packet that headgate sends */
    const struct auth_plugin *plugin;
    struct auth_context auth;
    uint8_t proof[64]; /* private: the plugin's first answer, kept during the TLS handshake */
    uint8_t proof_len;
    bool has_switched; /* private: the server may switch the plugin once */
    bool must_prove;   /* private: the certificate is trusted if the server's OK proves it */
    uint8_t fingerprint[LOGIN_FINGERPRINT_BYTES]; /* private: of that certificate */
    /* results */
    uint64_t caps;        /* agreed with the server */
    uint64_t server_caps; /* of the greeting */
    uint32_t connection_id;
    uint8_t server_collation;
    enum server_family family;
    char version[64];
    uint8_t nonce[NONCE_BYTES]; /* of the greeting */
    struct reply_ok ok;         /* its spans borrow from the packet fed last */
};

void login_begin(struct login *login, const struct login_wish *wish);
enum login_verdict login_feed(struct login *login, struct span payload, uint8_t seq, struct text *out,
                              struct error *err);
/* After the TLS handshake: appends the full response. `fingerprint`: empty if the certificate is trusted;
 * otherwise its SHA-256, and the server must prove in its OK that it knows the account's password (protocol.md §10).
 * Until then no password is sent in clear text. */
void login_secured(struct login *login, struct span fingerprint, struct text *out);

/* Replaces login_begin on a connection that is logged in already: appends COM_CHANGE_USER; then feed the
 * packets of the server. `caps` are those agreed with the server, `nonce` is that of its greeting. wish->caps
 * and wish->tls are not used; wish->is_local must also be true for a TLS connection. Of the results only `ok`
 * is filled. */
enum login_verdict login_change(struct login *login, const struct login_wish *wish, uint64_t caps,
                                const uint8_t nonce[NONCE_BYTES], enum server_family family, struct text *out,
                                struct error *err);

#endif
