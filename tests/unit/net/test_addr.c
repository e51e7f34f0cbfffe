#include "../base/unit.h"

#include "net/addr.h"

TEST(address_rows)
{
    static const struct {
        const char *text, *again, *host;
        int family;
    } rows[] = {
        { "127.0.0.1:3306", "127.0.0.1:3306", "127.0.0.1", AF_INET },
        { "0.0.0.0:1", "0.0.0.0:1", "0.0.0.0", AF_INET },
        { "255.255.255.255:65535", "255.255.255.255:65535", "255.255.255.255", AF_INET },
        { "[::1]:3306", "[::1]:3306", "::1", AF_INET6 },
        { "[::]:1", "[::]:1", "::", AF_INET6 },
        { "[2001:DB8:0:0:0:0:0:1]:1", "[2001:db8::1]:1", "2001:db8::1", AF_INET6 },
        { "[::ffff:192.0.2.1]:9", "[::ffff:192.0.2.1]:9", "::ffff:192.0.2.1", AF_INET6 },
        { "/run/mysqld.sock", "/run/mysqld.sock", "localhost", AF_UNIX },
        { "/", "/", "localhost", AF_UNIX },
        { "/a:1", "/a:1", "localhost", AF_UNIX },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct addr addr, again;
        struct addr_host host;
        struct error err = { 0 };
        char text[ADDR_TEXT_MAX];
        assert_row(addr_parse(rows[i].text, &addr, &err), "%s: %s", rows[i].text, err.text);
        assert_int_equal(addr.u.any.sa_family, rows[i].family);
        assert_int_equal(addr_is_local(&addr), rows[i].family == AF_UNIX);
        assert_string_equal(addr_format_host(&addr, text), rows[i].host);
        assert_string_equal(addr_format(&addr, text), rows[i].again);
        assert_true(addr_parse(text, &again, &err));
        assert_int_equal(again.len, addr.len);
        assert_memory_equal(&again.u, &addr.u, addr.len);
        assert_true(addr_parse_listen(rows[i].text, &again, &err));
        assert_memory_equal(&again.u, &addr.u, addr.len);
        assert_true(addr_parse_host(rows[i].text, &again, &host, &err));
        assert_memory_equal(&again.u, &addr.u, addr.len);
        assert_true(addr_equal(&again, &addr));
        assert_string_equal(host.name, "");
    }
}

static bool parse_host(const char *text, struct addr *addr_r, struct error *err)
{
    struct addr_host host;
    return addr_parse_host(text, addr_r, &host, err);
}

TEST(what_is_no_address_is_refused_and_named)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        { "", "has no port" },
        { ":", "has no port" },
        { "127.0.0.1", "has no port" },
        { "127.0.0.1:", "has no port" },
        { "[::1]:", "has no port" },
        { "[", "has no port" },
        { "[]", "has no port" },
        { ":3306", "has no host" },
        { "[]:1", "has no host" },
        { "127.0.0.1:x", "port 'x' is not a plain decimal number" },
        { "127.0.0.1:-1", "port '-1' is not a plain decimal number" },
        { "127.0.0.1:+5", "port '+5' is not a plain decimal number" },
        { "127.0.0.1: 5", "port ' 5' is not a plain decimal number" },
        { "127.0.0.1:5 ", "port '5 ' is not a plain decimal number" },
        { "127.0.0.1:\t5", "port '\t5' is not a plain decimal number" },
        { "127.0.0.1:03306", "port '03306' is not a plain decimal number" },
        { "127.0.0.1:00", "port '00' is not a plain decimal number" },
        { "[::1]:+5", "port '+5' is not a plain decimal number" },
        { "127.0.0.1:1x", "port '1x' is not" },
        { "127.0.0.1:0x10", "port '0x10' is not" },
        { "127.0.0.1:mysql", "port 'mysql' is not" },
        { "127.0.0.1:99999999999999999999999", "port '99999999999999999999999' is not" },
        { "127.0.0.1:65536", "to 65535" },
        { "*:65536", "to 65535" },
        { "[::1]", "expected [v6]:port" },
        { "[::1]3306", "expected [v6]:port" },
        { "[::1:3306", "expected [v6]:port" },
        { "[::1]x:1", "expected [v6]:port" },
        { "::1:3306", "in brackets" },
        { "[::g]:1", "'::g' is not an IPv6 address" },
        { "[127.0.0.1]:1", "'127.0.0.1' is not an IPv6 address" },
        { "[fe80::1%lo]:1", "'fe80::1%lo' is not an IPv6 address" },
        { "[db1.example]:1", "'db1.example' is not an IPv6 address" },
        { "256.0.0.1:1", "not an IPv4 address of four decimal numbers" },
        { "1.2.3.4.5:1", "not an IPv4 address of four decimal numbers" },
        { "127.1:1", "'127.1' is not an IPv4 address of four decimal numbers" },
        { "2130706433:1", "not an IPv4 address of four decimal numbers" },
        { "010.0.0.1:1", "'010.0.0.1' is not an IPv4 address of four decimal numbers" },
        { "10.0.0.01:1", "not an IPv4 address of four decimal numbers" },
        { "0x7f.0.0.1:1", "not an IPv4 address of four decimal numbers" },
        { "0x7f000001:1", "not an IPv4 address of four decimal numbers" },
        { "1.2.3.4.:1", "not an IPv4 address of four decimal numbers" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static bool (*const readers[])(const char *, struct addr *,
                                       struct error *) = { addr_parse, parse_host, addr_parse_listen };
        for (size_t r = 0; r < COUNT_OF(readers); r++) {
            struct addr addr = { .len = 7 };
            struct error err = { 0 };
            assert_row(!readers[r](rows[i].text, &addr, &err), "%s (%zu)", rows[i].text, r);
            assert_row(strstr(err.text, rows[i].text) != NULL, "%s: %s", rows[i].text, err.text);
            assert_row(strstr(err.text, rows[i].why) != NULL, "%s: %s", rows[i].text, err.text);
            assert_int_equal(addr.len, 7);
        }
    }
    static const char *const names[] = { "db1.example:3306", "localhost:3306", " 127.0.0.1:1", "]:1",
                                         "**:1" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct addr addr;
        struct error err = { 0 };
        assert_row(!addr_parse(names[i], &addr, &err), "%s", names[i]);
        assert_row(strstr(err.text, "is not an IP address") != NULL, "%s: %s", names[i], err.text);
        assert_row(!addr_parse_listen(names[i], &addr, &err), "%s", names[i]);
    }
}

TEST(some_addresses_are_only_for_listening)
{
    static const struct {
        const char *text, *again, *why_not_connect;
    } rows[] = {
        { "*:6033", "0.0.0.0:6033", "'*' is an address to listen on" },
        { "*:0", "0.0.0.0:0", "port must be 1 to 65535" },
        { "127.0.0.1:0", "127.0.0.1:0", "port must be 1 to 65535" },
        { "[::1]:0", "[::1]:0", "port must be 1 to 65535" },
    };
    struct addr addr;
    struct addr_host host;
    struct error err = { 0 };
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(addr_parse_listen(rows[i].text, &addr, &err), "%s: %s", rows[i].text, err.text);
        assert_string_equal(addr_format(&addr, text), rows[i].again);
        assert_row(!addr_parse(rows[i].text, &addr, &err), "%s", rows[i].text);
        assert_row(strstr(err.text, rows[i].why_not_connect) != NULL, "%s", err.text);
        assert_row(!addr_parse_host(rows[i].text, &addr, &host, &err), "%s", rows[i].text);
        assert_row(strstr(err.text, rows[i].why_not_connect) != NULL, "%s", err.text);
    }
    static const char *const bad[] = {
        "*", "*:", "*:65536", "*:x", "*:+1", "*: 1", "*:123456", "*:01", "**:1"
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_row(!addr_parse_listen(bad[i], &addr, &err), "%s", bad[i]);
}

TEST(a_socket_path_fits_the_system_or_is_refused)
{
    struct sockaddr_un local;
    char path[sizeof local.sun_path + 1], text[ADDR_TEXT_MAX];
    struct addr addr;
    struct error err = { 0 };
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof local.sun_path - 1] = '\0';
    assert_true(addr_parse(path, &addr, &err));
    assert_string_equal(addr_format(&addr, text), path);
    path[sizeof local.sun_path - 1] = 'a';
    path[sizeof local.sun_path] = '\0';
    assert_false(addr_parse(path, &addr, &err));
    assert_non_null(strstr(err.text, "longer"));
}

TEST(a_name_is_read_and_not_asked_for)
{
    struct addr addr;
    struct addr_host host;
    struct error err = { 0 };
    assert_true(addr_parse_host("db1.example:3306", &addr, &host, &err));
    assert_string_equal(host.name, "db1.example");
    assert_int_equal(host.port, 3306);
    assert_int_equal(addr.len, 0);
    assert_false(addr_parse_host("db1.example:0", &addr, &host, &err));
    assert_string_equal(host.name, "db1.example"); /* unchanged by the failed call */
    assert_false(addr_parse("db1.example:3306", &addr, &err));
}

TEST(places_are_compared_whole)
{
    static const char *const texts[] = { "127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1", "[::1]:1",
                                         "[::1]:2",     "[::2]:1",     "/a",          "/b" };
    struct addr addrs[COUNT_OF(texts) + 1];
    struct error err = { 0 };
    addrs[COUNT_OF(texts)] = (struct addr){ 0 };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_true(addr_parse(texts[i], &addrs[i], &err));
    for (size_t i = 0; i < COUNT_OF(addrs); i++)
        for (size_t j = 0; j < COUNT_OF(addrs); j++)
            assert_row(addr_equal(&addrs[i], &addrs[j]) == (i == j), "%zu %zu", i, j);
}

TEST(who_has_no_address_is_written_so)
{
    char text[ADDR_TEXT_MAX];
    struct addr none = { 0 };
    struct addr nameless = { .len = sizeof(sa_family_t) };
    struct addr abstract = { .len = sizeof abstract.u.local };
    nameless.u.any.sa_family = abstract.u.any.sa_family = AF_UNIX;
    memcpy(abstract.u.local.sun_path, "\0name", 6);
    assert_string_equal(addr_format(&none, text), "-");
    assert_string_equal(addr_format(&nameless, text), "unix");
    assert_string_equal(addr_format(&abstract, text), "unix");
    assert_string_equal(addr_format_host(&nameless, text), "localhost");
}

RUN_TESTS(NULL, NULL)
