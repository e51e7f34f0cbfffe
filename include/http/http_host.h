/* Which names in a request's Host header are accepted: addresses, localhost, and the names of http.hosts.
 * This prevents DNS rebinding: a foreign web page in a browser on this machine could resolve its own name to
 * 127.0.0.1 and read the answers, but its requests have that name in the Host header. Pure. */
#pragma once

#include <stdbool.h>

/* `host`: the header's value, with or without a port; NULL: no Host header, which no browser sends, is
 * accepted. `names`: as in http.hosts; NULL: none. */
bool http_host_is_ours(const char *host, const char *names);
