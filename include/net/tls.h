/* OpenSSL's contexts and error texts; the bytes themselves pass in stream. */
#ifndef HEADGATE_NET_TLS_H
#define HEADGATE_NET_TLS_H

#include "base/error.h"

#include <stdbool.h>

struct ssl_ctx_st;
struct ssl_st;

/* A context for connections to servers. Certificates are not verified in this version: TLS here protects
 * against readers on the wire and lets passwords be sent, not against an impostor. NULL on failure. */
struct ssl_ctx_st *tls_client_context(struct error *err);
void tls_context_free(struct ssl_ctx_st **context);

/* The newest entry of OpenSSL's error queue, wrapped behind what was attempted; empties the queue. Always
 * false. */
bool tls_error(struct error *err, const char *attempt);

#endif
