/* TLS on a stream, as a client of a server or as a server for a client. The owner of the stream sees the
 * decrypted bytes. Contexts are made by tls_context and tls_server. */
#pragma once

#include "net/stream.h"

struct ssl_ctx_st;

/* Begins TLS as a client on the open stream. The window must hold no unparsed bytes of the peer. False: *err
 * says why, and the stream must be closed. */
bool stream_secure(struct stream *stream, struct ssl_ctx_st *context, struct error *err);
/* Begins TLS as a server. `early`: the bytes that came behind the client's request for TLS. They are the beginning of
 * its handshake: TLS gets a copy, and the owner drops them unread. False: they are no TLS handshake, or memory is
 * out; *err says which, and the stream must be closed. */
bool stream_secure_client(struct stream *stream, struct ssl_ctx_st *context, struct span early,
                          struct error *err);
/* Continues the handshake. STREAM_OK: done. STREAM_BLOCKED: wait for *want_r, EV_READ or EV_WRITE. */
enum stream_result stream_handshake(struct stream *stream, int *want_r, struct error *err);

/* True: the handshake waits until the socket takes more bytes. */
bool stream_handshake_writes(const struct stream *stream);
/* True: a ticket has made the handshake short. */
bool stream_is_resumed(const struct stream *stream);

#define STREAM_NAME_MAX 1024 /* bytes of a certificate's name and a NUL; a longer name is cut */

/* The names of the peer's certificate, as X509_NAME_oneline writes them. */
struct stream_peer {
    char subject[STREAM_NAME_MAX];
    char issuer[STREAM_NAME_MAX];
};

/* True: the peer has sent a certificate, and an authority of the context has signed it. */
bool stream_has_certificate(const struct stream *stream, struct stream_peer *peer_r);
/* OpenSSL's name of the cipher; "" without TLS. */
const char *stream_cipher(const struct stream *stream);

static inline bool stream_is_secure(const struct stream *stream)
{
    return stream->ssl != NULL;
}

/* ---- private: for stream.c ---- */

/* Tells the peer that no more bytes come. */
void stream_tls_bye(struct stream *stream);
/* Sends close_notify, unless stream_tls_hush was called, and frees the TLS state. */
void stream_tls_end(struct stream *stream);
void stream_tls_hush(struct stream *stream);
