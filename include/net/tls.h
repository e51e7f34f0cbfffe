/* Error texts of OpenSSL. */
#ifndef HEADGATE_NET_TLS_H
#define HEADGATE_NET_TLS_H

#include "base/error.h"

#include <stdbool.h>

/* Sets *err to `attempt` and the oldest entry of OpenSSL's error queue, and empties the queue. Always returns
 * false. */
bool tls_error(struct error *err, const char *attempt);

#endif
