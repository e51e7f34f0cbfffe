/* Shared by the tests of all layers that have no header of their own: cmocka, chance with a seed, a watchdog.
 */
#ifndef HEADGATE_TESTS_UNIT_BASE_UNIT_H
#define HEADGATE_TESTS_UNIT_BASE_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

/* A small generator, so that a failure comes back with its seed. */
static inline uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static inline bool chance(uint64_t *seed, unsigned one_in)
{
    return next_random(seed) % one_in == 0;
}

/* Fails with the row's own name, so that one knows which row it was. */
#define assert_row(condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error(__VA_ARGS__);                                                                        \
            print_error(": not so: %s\n", #condition);                                                       \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

static inline void assert_span(struct span span, const char *string)
{
    if (!span_is(span, string)) {
        print_error("\"%.*s\" is not \"%s\"\n", (int)span.len,
                    span.data != NULL ? (const char *)span.data : "", string);
        fail();
    }
}

#endif
