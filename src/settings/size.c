#include "settings/size.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    const char *name;
    unsigned shift;
} units[] = {
    { "GiB", 30 }, { "MiB", 20 }, { "KiB", 10 }, { "B", 0 }
}; /* largest unit first: the first that divides the size is used */

bool size_parse(struct span text, uint64_t *bytes_r)
{
    size_t digits = 0;
    uint64_t number;
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (!span_to_u64(span_of(text.data, digits), &number))
        return false;
    struct span unit = span_of(text.data + digits, text.len - digits);
    *bytes_r = 0;
    if (unit.len == 0)
        return number == 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (span_is(unit, units[i].name)) {
            *bytes_r = number << units[i].shift;
            return number <= UINT64_MAX >> units[i].shift;
        }
    return false;
}

const char *size_format(uint64_t bytes, char *buffer, size_t size)
{
    size_t i = 0;
    while ((bytes & ((UINT64_C(1) << units[i].shift) - 1)) != 0)
        i++;
    if (bytes == 0)
        (void)snprintf(buffer, size, "0");
    else
        (void)snprintf(buffer, size, "%" PRIu64 "%s", bytes >> units[i].shift, units[i].name);
    return buffer;
}
