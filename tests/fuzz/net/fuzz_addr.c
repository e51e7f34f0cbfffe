/* No text crashes the parser; what was parsed is printed, and read again as the same. */
#include "net/addr.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_equal(const struct addr *a, const struct addr *b)
{
    if (a->u.any.sa_family == AF_INET6) /* the zone of a link-local address is not printed */
        return memcmp(&a->u.v6.sin6_addr, &b->u.v6.sin6_addr, sizeof a->u.v6.sin6_addr) == 0 &&
               a->u.v6.sin6_port == b->u.v6.sin6_port;
    return a->len == b->len && memcmp(&a->u, &b->u, a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct addr addr, again;
    struct error err = { 0 };
    char printed[ADDR_TEXT_MAX];
    if (addr_parse(text, &addr, &err)) {
        assert(addr.len > 0 && addr.len <= sizeof addr.u);
        assert(strlen(addr_format_host(&addr, printed)) < ADDR_TEXT_MAX);
        assert(strlen(addr_format(&addr, printed)) < ADDR_TEXT_MAX);
        assert(addr_parse(printed, &again, &err) && is_equal(&addr, &again));
        assert(addr_parse_listen(text, &again, &err));
    } else {
        assert(err.text[0] != '\0');
        (void)addr_parse_listen(text, &addr, &err);
    }
    free(text);
    return 0;
}
