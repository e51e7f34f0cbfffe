/* No text crashes the parser. A parsed address is printed, and reads again as the same address. */
#include "net/addr.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_equal(const struct addr *a, const struct addr *b)
{
    return a->len == b->len && memcmp(&a->u, &b->u, a->len) == 0;
}

/* "*" and port 0 are valid for listening only; everything else is valid for listening and connecting. */
static void check_listen(const char *text)
{
    struct addr addr, again;
    struct error err = { 0 };
    char printed[ADDR_TEXT_MAX];
    if (!addr_parse_listen(text, &addr, &err)) {
        assert(err.text[0] != '\0');
        return;
    }
    assert(addr_parse_listen(addr_format(&addr, printed), &again, &err) && is_equal(&addr, &again));
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
        assert(addr_parse_listen(text, &again, &err) && is_equal(&addr, &again));
    } else {
        assert(err.text[0] != '\0');
    }
    check_listen(text);
    free(text);
    return 0;
}
