#include "unit.h"

#include "base/clock.h"

TEST(duration_rows)
{
    static const struct {
        const char *text;
        uint64_t us;
        const char *again; /* the shortest spelling */
    } rows[] = {
        { "0", 0, "0" },
        { "off", 0, "0" },
        { "OFF", 0, "0" },
        { "0s", 0, "0" },
        { "000", 0, "0" },
        { "1us", 1, "1us" },
        { "10us", 10, "10us" },
        { "1000us", 1000, "1ms" },
        { "250ms", 250000, "250ms" },
        { "1500ms", 1500000, "1500ms" },
        { "1s", 1000000, "1s" },
        { "60s", 60000000, "1m" },
        { "90s", 90000000, "90s" },
        { "5m", 300000000, "5m" },
        { "2h", 7200000000, "2h" },
        { "24h", 86400000000, "1d" },
        { "1d", 86400000000, "1d" },
        { "213503982d", UINT64_C(18446744044800000000), "213503982d" },
        { "18446744073709551615us", UINT64_MAX, "18446744073709551615us" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t us = 77;
        char buffer[32];
        struct span text = exact_copy(span_cstr(rows[i].text));
        assert_row(clock_parse_duration(text, &us), "%s", rows[i].text);
        drop_copy(text);
        assert_row(us == rows[i].us, "%s", rows[i].text);
        assert_string_equal(clock_format_duration(us, buffer, sizeof buffer), rows[i].again);
    }
}

TEST(what_is_no_duration_is_refused)
{
    /* clang-format off */
    static const char *const rows[] = {
        "", "1", "60", "s", "ms", "-1s", "+1s", "1 s", " 1s", "1s ", "1S", "1.5s", "1s5ms", "1sec",
        "1min", "1M", "1w", "offs", "of", "0x1s", "1e3s", "none", "1\xc2\xb5s", "213503983d",
        "18446744073709551616us", "18446744073709552ms", "99999999999999999999999s"
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t us;
        struct span text = exact_copy(span_cstr(rows[i]));
        assert_row(!clock_parse_duration(text, &us), "%s", rows[i]);
        drop_copy(text);
    }
}

TEST(what_is_formatted_is_parsed_again)
{
    static const uint64_t units[] = { 1, 1000, 1000000, 60000000, 3600000000, 86400000000 };
    uint64_t seed = 41, us;
    char buffer[32];
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t want = units[next_random(&seed) % COUNT_OF(units)] * (next_random(&seed) % 100000);
        if (chance(&seed, 5))
            want = (uint64_t)next_random(&seed) << (next_random(&seed) % 33);
        assert_true(clock_parse_duration(span_cstr(clock_format_duration(want, buffer, sizeof buffer)), &us));
        assert_true(us == want);
    }
}

TEST(time_does_not_go_back)
{
    uint64_t last = clock_monotonic_us();
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t now = clock_monotonic_us();
        assert_true(now >= last);
        last = now;
    }
}

RUN_TESTS(NULL, NULL)
