/* tls: the client's side of TLS, from the first byte on (as a TCP proxy terminates it) or after MySQL's request for it.
 * Certificates are not verified. */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tls_start { TLS_NONE, TLS_FIRST, TLS_REQUEST };

struct ssl_st;

/* Waits until the handshake on the connected, non-blocking socket is done. NULL: it failed. */
struct ssl_st *tls_open(int fd);
void tls_close(struct ssl_st **ssl);

/* Like send() and recv() on the socket. A recv that fills less than `len` has read all there is. */
ssize_t tls_send(struct ssl_st *ssl, const void *data, size_t len);
ssize_t tls_recv(struct ssl_st *ssl, void *data, size_t len);
/* True: decrypted bytes wait to be read. */
bool tls_holds_more(const struct ssl_st *ssl);

#endif
