/* Which account may use which connection; and that connections of one kind are found together. */
#include "../base/unit.h"

#include "pool/key.h"

enum { APP = 1, OTHER };

static const struct upstream_key plain = { .account = APP, .caps = 0x100, .moves = 1, .collation = 45 };

static struct upstream_key with_schema(struct upstream_key key)
{
    key.has_schema = true;
    return key;
}

TEST(only_who_would_log_in_in_the_same_way_goes_on)
{
    struct upstream_key keys[] = { plain, plain, plain, plain, plain, plain };
    keys[0].account = OTHER;
    keys[1].caps ^= 1;
    keys[2].moves++;
    keys[3].collation++;
    keys[4].hop++;
    keys[5].client[15]++;
    assert_true(key_fits(&plain, &plain));
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        assert_row(!key_fits(&plain, &keys[i]), "row %zu", i);
        assert_row(!key_fits(&keys[i], &plain), "row %zu", i);
    }
}

TEST(a_schema_is_said_but_never_taken_back)
{
    struct upstream_key in_one = with_schema(plain);
    assert_true(key_fits(&in_one, &plain) && key_fits(&in_one, &in_one));
    assert_false(key_fits(&plain, &in_one));
}

TEST(what_a_login_agreed_only_a_login_changes)
{
    struct upstream_key others[] = { plain, plain, with_schema(plain) },
                        no[] = { plain, plain, plain, plain };
    others[0].account = OTHER;
    others[1].collation++;
    no[0].caps ^= 1;
    no[1].moves++;
    no[2].hop++;
    no[3].client[0]++;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_row(key_may_become(&plain, &others[i]) && key_may_become(&others[i], &plain), "row %zu", i);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_row(!key_may_become(&plain, &no[i]), "row %zu", i);
}

/* A server with proxy_protocol has the client's address in the key, if the server is told that address. */
TEST(clients_of_a_server_that_is_told_them_have_their_own_keys)
{
    static const struct {
        int version;
        const char *from, *server;
        bool is_told;
    } cases[] = {
        { PROXY_V2, "192.0.2.7:1", "198.51.100.1:3306", true },
        { PROXY_V1, "[2001:db8::7]:1", "198.51.100.1:3306", true },
        { PROXY_OFF, "192.0.2.7:1", "198.51.100.1:3306", false },
        { PROXY_V2, "127.0.0.1:1", "198.51.100.1:3306", false }, /* there it would be "localhost" */
        { PROXY_V2, "[::1]:1", "[2001:db8::1]:3306", false },
        { PROXY_V2, "127.0.0.1:1", "127.0.0.1:3306", true },
        { PROXY_V2, "127.0.0.1:1", "/run/mysqld.sock", true },
        { PROXY_V2, "/run/headgate.sock", "127.0.0.1:3306", false }, /* no address */
    };
    static const uint8_t none[PROXY_ADDRESS_BYTES];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct server server = { .proxy_protocol = cases[i].version };
        struct user user = { .account = APP };
        struct view_server entry = { .server = &server };
        struct addr from, to;
        assert_true(addr_parse(cases[i].from, &from, NULL) && addr_parse("192.0.2.200:6033", &to, NULL) &&
                    addr_parse(cases[i].server, &entry.addr, NULL));
        const struct proxy_ends ends = proxy_ends_of(&from, &to);
        const struct login_recipe recipe = { .user = &user, .client = &ends }, nobody = { .user = &user };
        const struct upstream_key key = key_of(&recipe, 0, &entry, false);
        const uint8_t *told = cases[i].is_told ? ends.from : none;
        assert_row(memcmp(key.client, told, sizeof key.client) == 0, "row %zu", i);
        assert_row(key_fits(&key, &key), "row %zu", i);
        const struct upstream_key own = key_of(&nobody, 0, &entry, false);
        assert_row(memcmp(own.client, none, sizeof own.client) == 0, "row %zu", i);
        assert_row(key_fits(&own, &key) == !cases[i].is_told, "row %zu", i);
    }
}

TEST(what_fits_is_of_the_kind_that_is_looked_for)
{
    uint64_t seed = 7;
    bool is_seen[PERMITS_KINDS] = { false };
    unsigned seen = 0;
    for (int i = 0; i < 10000; i++) {
        struct upstream_key key = { .account = chance(&seed, 2) ? APP : OTHER,
                                    .caps = next_random(&seed),
                                    .moves = next_random(&seed) % 3,
                                    .collation = (uint8_t)next_random(&seed),
                                    .client = { (uint8_t)next_random(&seed) } };
        struct upstream_key in_one = with_schema(key);
        assert_true(key_kind(&key) < PERMITS_KINDS && key_kind(&in_one) < PERMITS_KINDS);
        assert_int_equal(key_kind(&in_one), key_kind(&key) + 1);
        seen += !is_seen[key_kind(&key)];
        is_seen[key_kind(&key)] = true;
    }
    /* all kinds without a schema occur: keys are distributed over them */
    assert_int_equal(seen, PERMITS_KINDS / 2);
}

RUN_TESTS(NULL, NULL)
