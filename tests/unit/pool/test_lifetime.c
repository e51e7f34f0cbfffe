/* Connections opened in one burst are not closed in one burst. */
#include "../base/unit.h"

#include "pool/lifetime.h"

#define HOUR_US UINT64_C(3600000000)
#define TENTHS 10

TEST(a_tenth_more_or_less_is_all)
{
    static const uint64_t times[] = { 0, 1, 9, 1000, HOUR_US, 365 * 24 * HOUR_US };
    for (size_t i = 0; i < COUNT_OF(times); i++)
        for (uint32_t seed = 0; seed < 3000; seed++) {
            uint64_t us = times[i], spread = lifetime_spread(us, seed * 977);
            assert_row(spread >= us - us / 10 && spread <= us + us / 10, "%llu us, seed %u",
                       (unsigned long long)us, seed * 977);
        }
}

/* A server numbers its connections. Of a hundred consecutive ones, whatever the first number, every tenth
 * part of the time span gets a tenth, with a small tolerance. */
TEST(neighbours_go_at_different_times)
{
    static const uint32_t firsts[] = { 0, 1, 17, 1000, 65500, 1000000, UINT32_MAX - 50 };
    for (size_t i = 0; i < COUNT_OF(firsts); i++) {
        unsigned tenths[TENTHS] = { 0 };
        for (uint32_t n = 0; n < 100; n++) {
            uint64_t later = lifetime_spread(HOUR_US, firsts[i] + n) - (HOUR_US - HOUR_US / 10);
            uint64_t tenth = later * TENTHS / (HOUR_US / 5 + 1);
            tenths[tenth]++;
        }
        for (unsigned t = 0; t < TENTHS; t++)
            assert_row(tenths[t] >= 7 && tenths[t] <= 13, "from %u on, tenth %u has %u", firsts[i], t,
                       tenths[t]);
    }
}

RUN_TESTS(NULL, NULL)
