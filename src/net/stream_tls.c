/* TLS between a stream and its socket.
 *
 *      SSLRequest │ ClientHello …      the client may send both in one segment: the bytes behind the request
 *      ───────────┴──────────────►     are read from memory first (`early`), then TLS reads the socket
 *
 * OpenSSL reads ahead: one recv() for a record and whatever follows it. Its buffers are freed when they are
 * empty (SSL_MODE_RELEASE_BUFFERS), so an idle stream keeps none. */
#include "net/stream_tls.h"

#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define RECORD_HANDSHAKE 0x16 /* RFC 8446 §5.1: the first byte of a ClientHello's record */

static enum stream_result tls_result(struct stream *stream, int rc)
{
    int saved = errno;
    switch (SSL_get_error(stream->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return STREAM_BLOCKED;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_EOF;
    case SSL_ERROR_SYSCALL:
        if (saved == 0)
            return STREAM_EOF;
        stream->error = saved;
        return STREAM_FAILED;
    default:
        stream->error = EPROTO;
        return STREAM_FAILED;
    }
}

/* SSL_get_error looks at the thread's whole queue of errors, so it must be empty before each call. Emptying costs
 * more than a look. */
static void forget_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
    errno = 0;
}

static enum stream_result tls_read(struct stream *stream, void *data, size_t len, size_t *done_r)
{
    forget_errors();
    int n = SSL_read(stream->ssl, data, len > INT_MAX ? INT_MAX : (int)len);
    if (n <= 0)
        return tls_result(stream, n);
    *done_r = (size_t)n;
    return STREAM_OK;
}

static enum stream_result tls_write(struct stream *stream, const void *data, size_t len, size_t *done_r)
{
    forget_errors();
    int n = SSL_write(stream->ssl, data, len > INT_MAX ? INT_MAX : (int)len);
    if (n <= 0)
        return tls_result(stream, n);
    *done_r = (size_t)n;
    return STREAM_OK;
}

static bool tls_holds_more(const struct stream *stream)
{
    return SSL_has_pending(stream->ssl) != 0;
}

static const struct stream_ops tls_ops = { .read = tls_read,
                                           .write = tls_write,
                                           .holds_more = tls_holds_more };

static bool prepare(struct stream *stream, struct ssl_ctx_st *context, struct error *err)
{
    assert(stream->ssl == NULL && stream->packing == NULL);
    ERR_clear_error();
    stream->ssl = SSL_new(context);
    if (stream->ssl == NULL || SSL_set_fd(stream->ssl, stream->fd) != 1)
        return tls_error(err, "preparing TLS");
    SSL_set_read_ahead(stream->ssl, 1);
    stream->ops = &tls_ops;
    return true;
}

bool stream_secure(struct stream *stream, struct ssl_ctx_st *context, struct error *err)
{
    assert(buf_unparsed(&stream->in).len == 0);
    if (!prepare(stream, context, err))
        return false;
    SSL_set_connect_state(stream->ssl);
    return true;
}

/* TLS reads these bytes first, then the socket. */
static bool read_early(struct stream *stream, struct span early, struct error *err)
{
    BIO *memory = BIO_new(BIO_s_mem());
    if (memory == NULL || BIO_write(memory, early.data, (int)early.len) != (int)early.len) {
        BIO_free(memory);
        return tls_error(err, "preparing TLS");
    }
    (void)BIO_set_mem_eof_return(memory, -1); /* at its end: try again, not the end of the stream */
    SSL_set0_rbio(stream->ssl, memory);
    return true;
}

/* True: TLS reads the socket from now on; until now it has read `early`. */
static bool has_read_early(struct stream *stream)
{
    BIO *socket = SSL_get_wbio(stream->ssl);
    if (SSL_get_rbio(stream->ssl) == socket || BIO_up_ref(socket) != 1)
        return false;
    SSL_set0_rbio(stream->ssl, socket);
    return true;
}

bool stream_secure_client(struct stream *stream, struct ssl_ctx_st *context, struct span early,
                          struct error *err)
{
    if (early.len > 0 && early.data[0] != RECORD_HANDSHAKE)
        return error_set(err, EPROTO, "unencrypted bytes follow the request for TLS");
    if (!prepare(stream, context, err))
        return false;
    SSL_set_accept_state(stream->ssl);
    return early.len == 0 || read_early(stream, early, err);
}

enum stream_result stream_handshake(struct stream *stream, int *want_r, struct error *err)
{
    for (;;) {
        forget_errors();
        int rc = SSL_do_handshake(stream->ssl), reason = errno;
        if (rc == 1) {
            if (SSL_has_pending(stream->ssl)) /* bytes that came with the end of the handshake */
                ev_feed_event(stream->loop->ev, &stream->io, EV_READ);
            return STREAM_OK;
        }
        int why = SSL_get_error(stream->ssl, rc);
        *want_r = why == SSL_ERROR_WANT_WRITE ? EV_WRITE : EV_READ;
        if (why == SSL_ERROR_WANT_READ && has_read_early(stream))
            continue;
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return STREAM_BLOCKED;
        if (ERR_peek_error() == 0)
            (void)error_errno(err, reason != 0 ? reason : ECONNRESET, "TLS handshake");
        else
            (void)tls_error(err, "TLS handshake");
        return STREAM_FAILED;
    }
}

bool stream_handshake_writes(const struct stream *stream)
{
    return stream->ssl != NULL && SSL_want_write(stream->ssl);
}

bool stream_is_resumed(const struct stream *stream)
{
    return stream->ssl != NULL && SSL_session_reused(stream->ssl);
}

bool stream_has_certificate(const struct stream *stream, struct stream_peer *peer_r)
{
    *peer_r = (struct stream_peer){ .subject = "" };
    X509 *certificate = stream->ssl != NULL ? SSL_get0_peer_certificate(stream->ssl) : NULL;
    if (certificate == NULL || SSL_get_verify_result(stream->ssl) != X509_V_OK)
        return false;
    return X509_NAME_oneline(X509_get_subject_name(certificate), peer_r->subject, STREAM_NAME_MAX) != NULL &&
           X509_NAME_oneline(X509_get_issuer_name(certificate), peer_r->issuer, STREAM_NAME_MAX) != NULL;
}

const char *stream_cipher(const struct stream *stream)
{
    return stream->ssl != NULL ? SSL_get_cipher_name(stream->ssl) : "";
}

void stream_tls_bye(struct stream *stream)
{
    if (SSL_is_init_finished(stream->ssl))
        (void)SSL_shutdown(stream->ssl);
    ERR_clear_error();
}

void stream_tls_hush(struct stream *stream)
{
    SSL_set_quiet_shutdown(stream->ssl, 1);
}

void stream_tls_end(struct stream *stream)
{
    stream_tls_bye(stream);
    SSL_free(stream->ssl);
    stream->ssl = NULL;
}
