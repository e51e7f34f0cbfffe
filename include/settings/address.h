/* Is this written like an address? "127.0.0.1:6033", "[::1]:6033", "db1.example:3306" or "/run/x.sock". Pure:
 * nothing is resolved, nothing is opened. Both are checks for a row of settings/schema.
 */
#ifndef HEADGATE_SETTINGS_ADDRESS_H
#define HEADGATE_SETTINGS_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>

/* An address to listen on: IPv4:port, [IPv6]:port or /path of a socket. Port 0: the kernel chooses one. */
bool address_check_listen(const char *address, struct error *err);

/* An address to connect to: as above with a port of its own, or a host name in place of the IPv4 address. */
bool address_check_connect(const char *address, struct error *err);

/* Of one that is good: does it leave the port to the kernel, so that it is another one each time? */
bool address_is_any_port(const char *address);

/* A path of a unix socket: absolute and short enough for the kernel. */
bool address_check_socket(const char *path, struct error *err);

#endif
