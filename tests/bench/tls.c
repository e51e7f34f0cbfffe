#include "tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <poll.h>

#define HANDSHAKE_MS 10000

static SSL_CTX *shared_context(void)
{
    static _Thread_local SSL_CTX *context; /* lives as long as the process */
    if (context == NULL && (context = SSL_CTX_new(TLS_client_method())) != NULL)
        (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

static bool wait_for(SSL *ssl, int fd, int result)
{
    int why = SSL_get_error(ssl, result);
    struct pollfd one = { .fd = fd, .events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN };
    return (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) && poll(&one, 1, HANDSHAKE_MS) == 1;
}

struct ssl_st *tls_open(int fd)
{
    SSL *ssl = shared_context() != NULL ? SSL_new(shared_context()) : NULL;
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_read_ahead(ssl, 1);
    int result;
    while ((result = SSL_connect(ssl)) != 1)
        if (!wait_for(ssl, fd, result)) {
            SSL_free(ssl);
            return NULL;
        }
    return ssl;
}

void tls_close(struct ssl_st **ssl)
{
    SSL_free(*ssl);
    *ssl = NULL;
}

ssize_t tls_send(struct ssl_st *ssl, const void *data, size_t len)
{
    int n = SSL_write(ssl, data, (int)len);
    if (n <= 0)
        errno = EAGAIN;
    return n > 0 ? n : -1;
}

ssize_t tls_recv(struct ssl_st *ssl, void *data, size_t len)
{
    size_t got = 0;
    while (got < len) {
        int n = SSL_read(ssl, (char *)data + got, (int)(len - got));
        if (n <= 0) {
            errno = SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ ? EAGAIN : ECONNRESET;
            return got > 0 ? (ssize_t)got : -1;
        }
        got += (size_t)n;
        if (SSL_has_pending(ssl) == 0)
            break;
    }
    return (ssize_t)got;
}

bool tls_holds_more(const struct ssl_st *ssl)
{
    return SSL_pending(ssl) > 0;
}
