/* Socket addresses: "127.0.0.1:3306", "[::1]:3306", "db1.example:3306", "/run/mysqld.sock". */
#pragma once

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ADDR_TEXT_MAX 128
#define ADDR_HOST_MAX 256
#define ADDR_PLAIN_MAX 64
#define ADDR_LOCAL_HOST "localhost"

struct addr {
    socklen_t len; /* 0: no address */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    } u;
};

/* A host name whose address only a name server knows: see net/resolve.h. */
struct addr_host {
    char name[ADDR_HOST_MAX]; /* "": none */
    uint16_t port;
};

/* Parses an address to connect to: numbers or a unix path, never a name. IPv4 is four decimal numbers, the
 * port is 1 to 65535, both without leading zeros. False: *err names the problem, and *addr_r is unchanged. */
bool addr_parse(const char *text, struct addr *addr_r, struct error *err);

/* Like addr_parse, for an address to listen on: "*:6033" is every IPv4 address of this machine, and for port
 * 0 the kernel chooses a port. */
bool addr_parse_listen(const char *text, struct addr *addr_r, struct error *err);

/* Like addr_parse, and accepts "name:port" as well, without a query: then *host_r has the name and *addr_r is
 * empty. For other addresses host_r->name is empty. False: *err names the problem, and both results are
 * unchanged. */
bool addr_parse_host(const char *text, struct addr *addr_r, struct addr_host *host_r, struct error *err);

/* Are both the same address? Two empty addresses are equal. */
bool addr_equal(const struct addr *a, const struct addr *b);

/* The address as text, "127.0.0.1:3306"; a unix peer without a name is "unix". Returns `buffer`
 * (ADDR_TEXT_MAX bytes). */
const char *addr_format(const struct addr *addr, char *buffer);

/* Like addr_format, without the port: what MySQL shows as the client's host; ADDR_LOCAL_HOST for unix
 * sockets. At most ADDR_PLAIN_MAX bytes. */
const char *addr_format_host(const struct addr *addr, char *buffer);

static inline bool addr_is_local(const struct addr *addr)
{
    return addr->u.any.sa_family == AF_UNIX;
}
