/* Whose name does a request ask for? A page of somebody else that is open in a browser on this machine may
 * let its own name lead to 127.0.0.1, and then read what is answered (DNS rebinding). Such a request has that
 * name in its Host header: addresses, localhost and configured names are answered, other names are not. Pure.
 */
#ifndef HEADGATE_ADMIN_HTTP_HOST_H
#define HEADGATE_ADMIN_HTTP_HOST_H

#include <stdbool.h>

/* `host`: the header's value, with or without a port; NULL: there is none, as no browser does. `names`: as in
 * http.hosts; NULL: none. */
bool http_host_is_ours(const char *host, const char *names);

#endif
