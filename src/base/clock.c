#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static const struct {
    const char *name;
    uint64_t us;
} units[] = {
    /* longest first: clock_format_duration takes the first unit that divides the value */
    { "d", 86400000000U }, { "h", 3600000000U }, { "m", 60000000U },
    { "s", 1000000U },     { "ms", 1000U },      { "us", 1U },
};

uint64_t clock_monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

uint64_t clock_wall_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

bool clock_parse_duration(struct span text, uint64_t *us_r)
{
    size_t digits = 0;
    uint64_t number;
    if (span_is_nocase(text, "off")) {
        *us_r = 0;
        return true;
    }
    while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (!span_to_u64(span_of(text.data, digits), &number))
        return false;
    struct span unit = span_of(text.data + digits, text.len - digits);
    if (unit.len == 0) {
        *us_r = 0;
        return number == 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (span_is(unit, units[i].name)) {
            *us_r = number * units[i].us;
            return number == 0 || *us_r / number == units[i].us;
        }
    return false;
}

const char *clock_format_duration(uint64_t us, char *buffer, size_t size)
{
    size_t i = 0;
    while (us != 0 && us % units[i].us != 0)
        i++;
    if (us == 0)
        (void)snprintf(buffer, size, "0");
    else
        (void)snprintf(buffer, size, "%llu%s", (unsigned long long)(us / units[i].us), units[i].name);
    return buffer;
}
