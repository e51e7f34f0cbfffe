/* OpenSSL contexts and error texts. The TLS bytes themselves are handled in stream. */
#ifndef HEADGATE_NET_TLS_H
#define HEADGATE_NET_TLS_H

#include "base/error.h"

#include <stdbool.h>

struct ssl_ctx_st;
struct ssl_st;

/* A context for connections to servers. Certificates are not verified in this version: TLS protects against
 * eavesdropping and allows passwords to be sent, but does not protect against a false server. NULL on
 * failure. */
struct ssl_ctx_st *tls_client_context(struct error *err);
void tls_context_free(struct ssl_ctx_st **context);

/* Sets *err to `attempt` and the newest entry of OpenSSL's error queue, and empties the queue. Always returns
 * false. */
bool tls_error(struct error *err, const char *attempt);

#endif
