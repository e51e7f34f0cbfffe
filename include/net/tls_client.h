/* TLS towards servers: a context per server, the verification of its certificate, and resumption of sessions.
 *
 *      tls_client_new (a server's settings) ──► tls_client_begin ──► stream_handshake ──► tls_client_check
 *
 * The handshake itself never fails because of the certificate: tls_client_check tells afterwards, before anything
 * else is sent, and knows why. A context may be used by several threads; whoever keeps one holds a reference. */
#pragma once

#include "base/error.h"
#include "net/stream_tls.h"
#include "net/tls_context.h"

#include <stdbool.h>
#include <stdint.h>

#define TLS_FINGERPRINT_BYTES 32 /* SHA-256 of a certificate in DER */
#define TLS_NAME_MAX 256

enum tls_verify {
    TLS_VERIFY_NONE,    /* any certificate; only a fingerprint is checked, if there is one */
    TLS_VERIFY_CA,      /* signed by an authority */
    TLS_VERIFY_IDENTITY /* by an authority, and for the server's name */
};

/* All borrowed; only during the call. */
struct tls_client_wish {
    struct tls_files files; /* `ca` NULL: the system's authorities. `ciphers` NULL: OpenSSL's defaults */
    enum tls_verify verify;
    const char *name; /* the server's name, for the check and, unless an IP address, for SNI; NULL: none */
    const char
        *fingerprint; /* as tls_fingerprint_check allows: decides in place of authorities; NULL: none */
};

/* A context with one reference. NULL: *err names the file and the reason. */
struct ssl_ctx_st *tls_client_new(const struct tls_client_wish *wish, struct error *err);
struct ssl_ctx_st *tls_client_ref(struct ssl_ctx_st *context);

/* A check for a row of settings: SHA-256 in 64 hexadecimal digits, with or without colons between the bytes. */
bool tls_fingerprint_check(const char *text, struct error *err);

/* stream_secure, with the server's name and the last session of the context: then the handshake needs neither
 * certificates nor a key exchange of its own, if the server still knows the session. */
bool tls_client_begin(struct stream *stream, struct ssl_ctx_st *context, struct error *err);

enum tls_client_verdict {
    TLS_CLIENT_TRUSTED, /* trusted as far as the wish demands */
    TLS_CLIENT_UNPROVEN, /* TLS_VERIFY_IDENTITY without a CA file, and no authority has signed the certificate: it is
                            the server's if the server proves that it knows the account's password */
    TLS_CLIENT_REFUSED
};

/* After the handshake. *fingerprint_r: of the server's certificate. *err is filled in, unless it is trusted: what
 * is wrong, the certificate's subject, and what it was checked with. */
enum tls_client_verdict tls_client_check(const struct stream *stream,
                                         uint8_t fingerprint_r[static TLS_FINGERPRINT_BYTES],
                                         struct error *err);
