/* Checks the syntax of addresses: "127.0.0.1:6033", "[::1]:6033", "db1.example:3306" or "/run/x.sock". Pure:
 * no name is resolved, no socket opened. address_check_* are checks for a row of settings/schema.h: on
 * failure they return false, and `err` says what is wrong. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* An address to listen on: IPv4:port, [IPv6]:port or /path of a socket. Port 0: the kernel chooses one. */
bool address_check_listen(const char *address, struct error *err);

/* An address to connect to: like an address to listen on, but with a port of its own; a host name may
 * replace IPv4. */
bool address_check_connect(const char *address, struct error *err);

/* Does this valid address leave the choice of the port to the kernel (port 0)? */
bool address_is_any_port(const char *address);

/* The path of a unix socket: absolute, and short enough for the kernel. */
bool address_check_socket(const char *path, struct error *err);
