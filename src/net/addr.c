#include "net/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 256

static bool parse_local(const char *text, struct addr *addr_r, struct error *err)
{
    if (strlen(text) >= sizeof addr_r->u.local.sun_path)
        return error_set(err, 0, "socket path '%s' is longer than the system's %zu bytes", text,
                         sizeof addr_r->u.local.sun_path - 1);
    *addr_r = (struct addr){ .len = (socklen_t)sizeof addr_r->u.local };
    addr_r->u.local.sun_family = AF_UNIX;
    memcpy(addr_r->u.local.sun_path, text, strlen(text) + 1);
    return true;
}

/* "host:port" or "[host]:port" → host without brackets, port. */
static bool split(const char *text, char host[HOST_MAX], const char **port_r, struct error *err)
{
    const char *colon = strrchr(text, ':');
    const char *from = text;
    const char *to = colon;
    if (colon == NULL || colon[1] == '\0')
        return error_set(err, 0, "address '%s' has no port: expected host:port, [v6]:port or /path", text);
    if (*text == '[') {
        from = text + 1;
        to = strchr(text, ']');
        if (to == NULL || to + 1 != colon)
            return error_set(err, 0, "address '%s': expected [v6]:port", text);
    } else if (memchr(text, ':', (size_t)(colon - text)) != NULL) {
        return error_set(err, 0, "address '%s': write IPv6 addresses in brackets, [v6]:port", text);
    }
    if (to == from || (size_t)(to - from) >= HOST_MAX)
        return error_set(err, 0, "address '%s' has no host", text);
    memcpy(host, from, (size_t)(to - from));
    host[to - from] = '\0';
    *port_r = colon + 1;
    return true;
}

static bool look_up(const char *text, int flags, struct addr *addr_r, struct error *err)
{
    char host[HOST_MAX];
    const char *port = "";
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV | flags };
    struct addrinfo *found = NULL;
    if (!split(text, host, &port, err))
        return false;
    char *end;
    unsigned long number = strtoul(port, &end, 10);
    if (*end != '\0' || number > 65535)
        return error_set(err, 0, "address '%s': port must be 0 to 65535", text);
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc != 0)
        return error_set(err, 0, "address '%s': %s", text, gai_strerror(rc));
    *addr_r = (struct addr){ .len = found->ai_addrlen };
    memcpy(&addr_r->u.storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

bool addr_parse(const char *text, struct addr *addr_r, struct error *err)
{
    return *text == '/' ? parse_local(text, addr_r, err) : look_up(text, AI_NUMERICHOST, addr_r, err);
}

bool addr_parse_listen(const char *text, struct addr *addr_r, struct error *err)
{
    char any[32];
    if (strncmp(text, "*:", 2) != 0 || strlen(text) > 8)
        return addr_parse(text, addr_r, err);
    (void)snprintf(any, sizeof any, "0.0.0.0%s", text + 1);
    return addr_parse(any, addr_r, err);
}

bool addr_resolve(const char *text, struct addr *addr_r, struct error *err)
{
    return *text == '/' ? parse_local(text, addr_r, err) : look_up(text, 0, addr_r, err);
}

static const char *format_host(const struct addr *addr, char *buffer)
{
    const void *bytes = addr->u.any.sa_family == AF_INET6 ? (const void *)&addr->u.v6.sin6_addr
                                                          : (const void *)&addr->u.v4.sin_addr;
    if (inet_ntop(addr->u.any.sa_family, bytes, buffer, INET6_ADDRSTRLEN) == NULL)
        memcpy(buffer, "?", 2);
    return buffer;
}

const char *addr_format(const struct addr *addr, char *buffer)
{
    char host[INET6_ADDRSTRLEN];
    if (addr->len == 0)
        return memcpy(buffer, "-", 2);
    if (addr_is_local(addr)) {
        size_t path = addr->len > offsetof(struct sockaddr_un, sun_path) ? strlen(addr->u.local.sun_path) : 0;
        (void)snprintf(buffer, ADDR_TEXT_MAX, "%s", path > 0 ? addr->u.local.sun_path : "unix");
        return buffer;
    }
    bool is_v6 = addr->u.any.sa_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? addr->u.v6.sin6_port : addr->u.v4.sin_port);
    (void)snprintf(buffer, ADDR_TEXT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", format_host(addr, host), port);
    return buffer;
}

const char *addr_format_host(const struct addr *addr, char *buffer)
{
    if (addr->len == 0 || addr_is_local(addr))
        return memcpy(buffer, "localhost", sizeof "localhost");
    return format_host(addr, buffer);
}
