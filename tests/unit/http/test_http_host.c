/* The names in a Host header that are answered. */
#include "../base/unit.h"

#include "http/http_host.h"

TEST(names_of_others_are_not_ours)
{
    static const char names[] = "headgate.example.org  Probe";
    static const struct {
        const char *host;
        bool is_ours;
    } rows[] = {
        { NULL, true },
        { "127.0.0.1", true },
        { "127.0.0.1:6070", true },
        { "10.2.3.4:80", true },
        { "[::1]:6070", true },
        { "[::1]", true },
        { "[fe80::1]:1", true },
        { "localhost", true },
        { "LocalHost:6070", true },
        { "localhost.:6070", true },
        { "headgate.example.org", true },
        { "HEADGATE.example.org:443", true },
        { "headgate.example.org.", true },
        { "probe:6070", true },
        { "", false },
        { ":6070", false },
        { "evil.example", false },
        { "evil.example:6070", false },
        { "127.0.0.1.evil.example", false },
        { "localhost.evil.example", false },
        { "headgate.example", false },
        { "headgate.example.org probe", false },
        { "[evil.example]", false },
        { "[::1", false },
        { "[", false },
        { "127.0.0.1:6070:6070", false },
        { "0x7f.1", false },
        { "2130706433", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row(http_host_is_ours(rows[i].host, names) == rows[i].is_ours, "'%s'", rows[i].host);
    assert_false(http_host_is_ours("probe", NULL));
    char longest[1000];
    memset(longest, '1', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(http_host_is_ours(longest, names));
}

RUN_TESTS(NULL, NULL)
