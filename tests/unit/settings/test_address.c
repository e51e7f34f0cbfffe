/* Addresses as written in a configuration file. */
#include "../base/unit.h"

#include "settings/address.h"

TEST(addresses_are_judged_by_their_writing)
{
    static const struct {
        const char *text;
        bool may_listen;
        bool may_connect;
    } rows[] = {
        { "127.0.0.1:6033", true, true },
        { "127.0.0.1:0", true, false },
        { "[::1]:6033", true, true },
        { "[fe80::1]:1", true, true },
        { "0.0.0.0:65535", true, true },
        { "db1.example:3306", false, true },
        { "db-1_a:3306", false, true },
        { "localhost:3306", false, true },
        { "/run/x.sock", true, true },
        { "127.0.0.1", false, false },
        { "127.0.0.1:", false, false },
        { "127.0.0.1:65536", false, false },
        { "127.0.0.1:-1", false, false },
        { "127.0.0.1:80x", false, false },
        { "127.0.0.1:+5", false, false },
        { "127.0.0.1: 5", false, false },
        { "127.0.0.1:03306", false, false },
        { "127.0.0.1:1", true, true },
        { "127.0.0.1:00", false, false },
        { "db1:0", false, false },
        { "az:1", false, true },
        { "AZ:1", false, true },
        { "a09:1", false, true },
        { "0a:1", false, true },
        { "a`:1", false, false },
        { "a{:1", false, false },
        { "a@:1", false, false },
        { "a[:1", false, false },
        { "a/:1", false, false },
        { "a;:1", false, false },
        { "_:1", false, true },
        { "a.b.c:1", false, true },
        { "a.:1", false, true },
        { "12:1", false, false },
        { "127.1:80", false, false },
        { "010.0.0.1:80", false, false },
        { "0x7f.0.0.1:80", false, false },
        { "0x7f000001:80", false, false },
        { "0xy:80", false, true },
        { "*:80", false, false },
        { "1.2.3:80", false, false },
        { "1.2.3.256:80", false, false },
        { "::1:6033", false, false },
        { "[::1]6033", false, false },
        { "[::1:6033", false, false },
        { "[]:6033", false, false },
        { "[127.0.0.1]:6033", false, false },
        { ":6033", false, false },
        { ".:6033", false, false },
        { "a..b:6033", false, false },
        { "-a:6033", false, false },
        { "a b:6033", false, false },
        { "/", false, false },
        { "/run/", false, false },
        { "relative.sock", false, false },
        { "", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = { 0 };
        assert_row(address_check_listen(rows[i].text, &err) == rows[i].may_listen, "%s", rows[i].text);
        assert_row((err.text[0] == '\0') == rows[i].may_listen, "%s", rows[i].text);
        err = (struct error){ 0 };
        assert_row(address_check_connect(rows[i].text, &err) == rows[i].may_connect, "%s", rows[i].text);
        assert_row((err.text[0] == '\0') == rows[i].may_connect, "%s", rows[i].text);
    }
}

TEST(socket_paths_fit_the_kernel)
{
    char path[200] = "/";
    struct error err = { 0 };
    memset(path + 1, 'x', sizeof path - 2);
    path[107] = '\0';
    assert_true(address_check_listen(path, &err));
    path[107] = 'x';
    path[108] = '\0';
    assert_false(address_check_listen(path, &err));
    assert_string_equal(err.text, "a socket's path may have 107 bytes, not 108");
    assert_true(address_check_socket("/x", &err));
    assert_false(address_check_socket("x", &err) || address_check_socket("", &err));
}

TEST(host_names_have_253_bytes)
{
    char host[300];
    struct error err = { 0 };
    for (size_t len = 252; len < 256; len++) {
        memset(host, 'x', len);
        memcpy(host + len, ":1", 3);
        assert_int_equal(address_check_connect(host, &err), len <= 253);
    }
}

TEST(the_kernel_chooses_port_zero)
{
    static const char *const any[] = { "127.0.0.1:0", "[::1]:0" };
    static const char *const fixed[] = { "127.0.0.1:1", "127.0.0.1:10", "[::1]:3306", "/run/x:0",
                                         "/run/x.sock" };
    for (size_t i = 0; i < COUNT_OF(any); i++)
        assert_true(address_is_any_port(any[i]));
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        assert_false(address_is_any_port(fixed[i]));
}

RUN_TESTS(NULL, NULL)
