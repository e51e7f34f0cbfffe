/* Error texts of OpenSSL. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* Sets *err to `attempt` and the oldest entry of OpenSSL's error queue, and empties the queue. Always returns
 * false. */
bool tls_error(struct error *err, const char *attempt);
