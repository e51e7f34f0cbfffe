#include "http/http_host.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_MAX_BYTES 255 /* RFC 1035; every address is shorter */

/* The name without the port, the brackets of an IPv6 address, and a dot at the end. */
static struct span name_of(const char *host)
{
    size_t len = strlen(host);
    size_t digits = 0;
    if (host[0] == '[') {
        size_t end = strcspn(host, "]");
        return span_of(host + 1, end == len ? 0 : end - 1);
    }
    while (digits < len && host[len - 1 - digits] >= '0' && host[len - 1 - digits] <= '9')
        digits++;
    if (digits < len && host[len - 1 - digits] == ':')
        len -= digits + 1;
    if (len > 1 && host[len - 1] == '.')
        len--;
    return span_of(host, len);
}

static bool is_address(struct span name)
{
    struct in6_addr addr; /* large enough for IPv4 and IPv6 */
    char text[NAME_MAX_BYTES + 1];
    return name.len < sizeof text && span_copy_cstr(name, text, sizeof text) &&
           (inet_pton(AF_INET, text, &addr) == 1 || inet_pton(AF_INET6, text, &addr) == 1);
}

bool http_host_is_ours(const char *host, const char *names)
{
    struct span name = host == NULL ? span_of("", 0) : name_of(host);
    if (host == NULL || is_address(name) || span_is_nocase(name, "localhost"))
        return true;
    while (names != NULL && *names != '\0') {
        size_t len = strcspn(names, " ");
        if (len > 0 && span_equal_nocase(name, span_of(names, len)))
            return true;
        names += len + (names[len] == ' ');
    }
    return false;
}
