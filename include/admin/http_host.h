/* Which names in a request's Host header are answered: addresses, localhost, and the names of http.hosts. A
 * foreign page in a browser on this machine may point its own name to 127.0.0.1 and read the answers (DNS
 * rebinding); its requests have that name in the Host header. Pure.
 */
#ifndef HEADGATE_ADMIN_HTTP_HOST_H
#define HEADGATE_ADMIN_HTTP_HOST_H

#include <stdbool.h>

/* `host`: the header's value, with or without a port; NULL: there is none, as no browser does. `names`: as in
 * http.hosts; NULL: none. */
bool http_host_is_ours(const char *host, const char *names);

#endif
