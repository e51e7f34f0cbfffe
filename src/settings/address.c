#include "settings/address.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <sys/un.h>

/* Without the terminating byte. The kernel accepts one byte more, but not every program does. */
#define SOCKET_PATH_MAX (sizeof((struct sockaddr_un *)NULL)->sun_path - 1)

#define HOST_NAME_MAX_LEN 253U /* RFC 1035: of a name as text */

bool address_check_socket(const char *path, struct error *err)
{
    size_t len = strlen(path);
    if (path[0] != '/')
        return error_set(err, EINVAL, "\"%.100s\" is not an absolute path", path);
    if (path[len - 1] == '/')
        return error_set(err, EINVAL, "\"%.100s\" is a folder, not a socket", path);
    if (len > SOCKET_PATH_MAX)
        return error_set(err, EINVAL, "a socket's path may have %zu bytes, not %zu", SOCKET_PATH_MAX, len);
    return true;
}

static bool check_port(const char *address, const char *port, bool is_listen, struct error *err)
{
    uint64_t number;
    unsigned low = is_listen ? 0 : 1;
    bool is_padded = port[0] == '0' && port[1] != '\0'; /* other programs would read it as octal */
    if (!span_to_u64(span_cstr(port), &number) || is_padded || number < low || number > UINT16_MAX)
        return error_set(err, EINVAL, "\"%.100s\" needs a port from %u to 65535 after the last colon",
                         address, low);
    return true;
}

static bool is_label_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Is it like 127.1, 0x7f.1 or 010.0.0.1? Programs that read these as IPv4 addresses do not agree on the
 * address. */
static bool is_loose_ip(struct span host)
{
    char buffer[64];
    struct in_addr address;
    return span_copy_cstr(host, buffer, sizeof buffer) && inet_aton(buffer, &address) != 0;
}

/* Labels of letters, digits, '-' and '_', separated by single dots. A name of digits and dots only is
 * refused: it was meant to be an IPv4 address. */
static bool is_host_name(struct span host)
{
    bool has_letter = false;
    if (host.len == 0 || host.len > HOST_NAME_MAX_LEN || host.data[0] == '-' || is_loose_ip(host))
        return false;
    for (size_t i = 0; i < host.len; i++) {
        bool is_inner_dot = host.data[i] == '.' && i > 0 && host.data[i - 1] != '.';
        if (!is_inner_dot && !is_label_byte(host.data[i]))
            return false;
        has_letter |= host.data[i] > '9';
    }
    return has_letter;
}

static bool is_ip(int family, struct span host)
{
    char buffer[64];
    struct in6_addr address;
    return span_copy_cstr(host, buffer, sizeof buffer) && inet_pton(family, buffer, &address) == 1;
}

static bool check_ipv6(const char *address, bool is_listen, struct error *err)
{
    const char *end = strchr(address, ']');
    if (end == NULL || end[1] != ':')
        return error_set(err, EINVAL, "\"%.100s\" must be written [address]:port", address);
    struct span host = span_of(address + 1, (size_t)(end - address) - 1);
    if (!is_ip(AF_INET6, host))
        return error_set(err, EINVAL, "\"%.*s\" is not an IPv6 address", (int)host.len,
                         (const char *)host.data);
    return check_port(address, end + 2, is_listen, err);
}

static bool check(const char *address, bool is_listen, struct error *err)
{
    if (address[0] == '/')
        return address_check_socket(address, err);
    if (address[0] == '[')
        return check_ipv6(address, is_listen, err);
    const char *colon = strrchr(address, ':');
    if (colon == NULL)
        return error_set(err, EINVAL, "\"%.100s\" has no port: write it as host:port, or /path of a socket",
                         address);
    struct span host = span_of(address, (size_t)(colon - address));
    if (memchr(host.data, ':', host.len) != NULL)
        return error_set(err, EINVAL, "\"%.100s\": an IPv6 address is written [address]:port", address);
    bool is_known = is_ip(AF_INET, host) || (!is_listen && is_host_name(host));
    if (!is_known)
        return error_set(err, EINVAL, "\"%.100s\" does not begin with %s", address,
                         is_listen ? "an IP address" : "an IP address or a host name");
    return check_port(address, colon + 1, is_listen, err);
}

bool address_check_listen(const char *address, struct error *err)
{
    return check(address, true, err);
}

bool address_check_connect(const char *address, struct error *err)
{
    return check(address, false, err);
}

bool address_is_any_port(const char *address)
{
    const char *colon = strrchr(address, ':');
    return address[0] != '/' && colon != NULL && strspn(colon + 1, "0") == strlen(colon + 1);
}
