/* TLS towards clients: what a listener needs for handshakes, and what others may ask about its certificate.
 * Immutable, but for the keys of its tickets: a reload makes a new one, and connections keep the one that
 * they began with.
 *
 *      tls_certificate_make (once per process) ──► tls_server_new ──► stream_secure_client
 */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "net/tls_context.h"
#include "net/tls_tickets.h"

#include <stdbool.h>
#include <stdint.h>

#define TLS_WARN_DAYS 30    /* a certificate that ends sooner is warned of */
#define TLS_DIGEST_BYTES 32 /* SHA-256 */

/* A key pair and a certificate that it has signed itself. */
struct tls_certificate;

struct tls_server {
    struct ssl_ctx_st *context;            /* owns */
    struct tls_tickets tickets;            /* keys of the tickets of `context` */
    uint8_t identity[TLS_DIGEST_BYTES];    /* equal: same certificate, CA and settings */
    uint8_t fingerprint[TLS_DIGEST_BYTES]; /* SHA-256 of the certificate in DER */
    int64_t not_after_s;                   /* the certificate's end, in seconds since 1970 */
    bool is_self_made;                     /* headgate has made the certificate */
    bool asks_certificate;                 /* clients are asked for a certificate: there is a CA */
    unsigned references;                   /* only the control thread takes and gives them */
};

/* A certificate in memory, valid for ten years; its key is of P-256. NULL: *err says why. */
struct tls_certificate *tls_certificate_make(struct error *err);
void tls_certificate_free(struct tls_certificate **certificate);

/* From files, or with the certificate `self_made` if they name none. One reference. NULL: *err names the file
 * and the reason. */
struct tls_server *tls_server_new(const struct tls_files *files, const struct tls_certificate *self_made,
                                  struct error *err);
struct tls_server *tls_server_ref(struct tls_server *server);
/* Gives a reference back; *server becomes NULL, and may be NULL. */
void tls_server_unref(struct tls_server **server);

/* SHA-256 of the certificate. Borrowed. */
static inline struct span tls_server_fingerprint(const struct tls_server *server)
{
    return span_of(server->fingerprint, sizeof server->fingerprint);
}

/* Days until the certificate ends; negative: it has ended. `now_s`: seconds since 1970. */
int64_t tls_server_days_left(const struct tls_server *server, int64_t now_s);
