#include "../base/unit.h"

#include "net/networks.h"

static struct addr addr_of(const char *text)
{
    struct addr addr = { 0 };
    struct error err = { 0 };
    if (text[0] != '\0')
        assert_row(addr_parse(text, &addr, &err), "%s: %s", text, err.text);
    return addr;
}

TEST(addresses_in_and_outside_of_networks)
{
    static const struct {
        const char *list, *addr;
        bool is_in;
    } rows[] = {
        { "10.0.0.0/8", "10.255.255.255:1", true },
        { "10.0.0.0/8", "11.0.0.0:1", false },
        { "10.0.0.0/8", "[a00::]:1", false },
        { "192.0.2.128/25", "192.0.2.128:1", true },
        { "192.0.2.128/25", "192.0.2.127:1", false },
        { "192.0.2.7/32", "192.0.2.7:1", true },
        { "192.0.2.7", "192.0.2.7:9", true },
        { "192.0.2.7", "192.0.2.6:9", false },
        { "0.0.0.0/0", "203.0.113.9:1", true },
        { "0.0.0.0/0", "[::1]:1", false },
        { "0.0.0.0/0", "/x", false },
        { "192.0.2.7", "[::ffff:192.0.2.7]:1", true },
        { "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:1", false }, /* compared as IPv4 */
        { "2001:db8::/33", "[2001:db8:7fff::1]:1", true },
        { "2001:db8::/33", "[2001:db8:8000::1]:1", false },
        { "::1", "[::1]:1", true },
        { "::1", "[::2]:1", false },
        { "localhost", "/x", true },
        { "localhost", "127.0.0.1:1", false },
        { "*", "/x", true },
        { "*", "127.0.0.1:1", true },
        { "*", "[::1]:1", true },
        { "*", "", false },
        { "", "127.0.0.1:1", false },
        { " , 10.0.0.0/8,\t192.0.2.7 ::1,", "192.0.2.7:1", true },
        { " , 10.0.0.0/8,\t192.0.2.7 ::1,", "[::1]:1", true },
        { " , 10.0.0.0/8,\t192.0.2.7 ::1,", "192.0.2.8:1", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct networks networks;
        struct error err = { 0 };
        struct addr addr = addr_of(rows[i].addr);
        assert_row(networks_parse(rows[i].list, &networks, &err), "%s: %s", rows[i].list, err.text);
        assert_row(networks_contain(&networks, &addr) == rows[i].is_in, "%s in %s", rows[i].addr,
                   rows[i].list);
        networks_fini(&networks);
    }
}

TEST(mistakes_are_named)
{
    static const struct {
        const char *list, *says;
    } rows[] = {
        { "10.0.0.0/33", "\"10.0.0.0/33\": the prefix must be a number from 0 to 32" },
        { "::/129", "\"::/129\": the prefix must be a number from 0 to 128" },
        { "10.0.0.0/", "\"10.0.0.0/\": the prefix must be a number from 0 to 32" },
        { "10.0.0.0/-1", "\"10.0.0.0/-1\": the prefix must be a number from 0 to 32" },
        { "10.0.0.1/8", "\"10.0.0.1/8\": address bits after the first 8 must be zero" },
        { "::1/127", "\"::1/127\": address bits after the first 127 must be zero" },
        { "::1, 10.0.0", "\"10.0.0\" is not an IP address" },
        { "010.0.0.1", "\"010.0.0.1\" is not an IP address" },
        { "10.0.0.0/255.0.0.0", "\"10.0.0.0/255.0.0.0\": the prefix must be a number from 0 to 32" },
        { "db.example", "\"db.example\" is not an IP address" },
        { "1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8:1:2:3:4:5:6:7:8", "is longer than a network" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct networks networks;
        struct error err = { 0 };
        assert_row(!networks_parse(rows[i].list, &networks, &err), "%s", rows[i].list);
        assert_row(strstr(err.text, rows[i].says) != NULL, "%s: %s", rows[i].list, err.text);
        assert_null(networks.list);
        assert_false(networks_check(rows[i].list, &err));
    }
    assert_true(networks_check("127.0.0.1 localhost", NULL));
    assert_true(networks_check(NULL, NULL));
}

RUN_TESTS(NULL, NULL)
