#include "../base/unit.h"

#include "access/host_pattern.h"

#define ROW_MAX 512
#define PATTERNS_MAX 8

/* ---- tests/data/host_patterns.tsv ---- */

static struct host_client client_of(const char *text, bool resolves)
{
    struct host_client client;
    host_client_read(&client, strcmp(text, "socket") == 0 ? ADDR_LOCAL_HOST : text, resolves);
    return client;
}

/* The most specific of the patterns, which are separated by blanks, that match the client; "-": none does. */
static const char *choose(char *patterns, const struct host_client *client, enum server_family family)
{
    struct host_pattern best = { .text = "-" };
    char *rest = NULL;
    for (char *text = strtok_r(patterns, " ", &rest); text != NULL; text = strtok_r(NULL, " ", &rest)) {
        struct host_pattern pattern = host_pattern_read(text, family);
        if (host_pattern_matches(&pattern, client) &&
            (best.text[0] == '-' || host_pattern_compare(&pattern, &best) > 0))
            best = pattern;
    }
    return best.text;
}

static void check_row(const char *line, enum server_family family, unsigned number)
{
    char copy[ROW_MAX], *fields[4], *rest = NULL;
    (void)snprintf(copy, sizeof copy, "%s", line);
    char *at = strtok_r(copy, "\t\n", &rest);
    for (int i = 0; i < 4; i++, at = strtok_r(NULL, "\t\n", &rest))
        fields[i] = at;
    assert_non_null(fields[3]);
    const char *name = family == FAMILY_MYSQL ? "mysql" : "mariadb";
    if (strcmp(fields[0], "both") != 0 && strcmp(fields[0], name) != 0)
        return;
    struct host_client client = client_of(fields[2], false);
    const char *chosen = choose(fields[1], &client, family);
    if (strcmp(chosen, fields[3]) != 0)
        fail_msg("line %u for %s: %s, not %s", number, name, chosen, fields[3]);
}

TEST(the_most_specific_pattern_is_the_one_that_servers_use)
{
    char line[ROW_MAX];
    unsigned number = 0, rows = 0;
    FILE *file = fopen("data/host_patterns.tsv", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        if (line[0] == '#')
            continue;
        rows++;
        check_row(line, FAMILY_MARIADB, number);
        check_row(line, FAMILY_MYSQL, number);
    }
    (void)fclose(file);
    assert_true(rows > 60);
}

/* ---- what the table does not have ---- */

static bool matches(const char *text, const char *peer, bool resolves)
{
    struct host_client client = client_of(peer, resolves);
    struct host_pattern pattern = host_pattern_read(text, FAMILY_MARIADB);
    return host_pattern_matches(&pattern, &client);
}

TEST(loopback_is_localhost_where_servers_resolve_names)
{
    assert_true(matches("localhost", "127.0.0.1", true));
    assert_true(matches("localhost", "::1", true));
    assert_false(matches("localhost", "127.0.0.2", true));
    assert_false(matches("localhost", "::2", true));
    assert_true(matches("127.0.0.1", "127.0.0.1", true));
    assert_false(matches("localhost", "::1", false));
}

TEST(ipv6_is_compared_as_text)
{
    assert_true(matches("::1", "::1", false));
    assert_true(matches("2001:db8::%", "2001:DB8::7", false));
    assert_true(matches("2001:DB8::_", "2001:db8::7", false));
    assert_false(matches("127.0.0.0/255.0.0.0", "::1", false));
    assert_false(matches("0.0.0.0/0.0.0.1", "::1", false));
}

TEST(empty_pattern_is_for_everyone_and_comes_last_in_mysql)
{
    assert_true(matches("", "10.1.2.3", false));
    assert_true(matches("", "socket", false));
    assert_true(host_pattern_read("", FAMILY_MYSQL).rank < host_pattern_read("%", FAMILY_MYSQL).rank);
}

TEST(escaped_wildcards_stand_for_themselves)
{
    assert_false(matches("127.0.0.\\%", "127.0.0.1", false));
    assert_true(matches("127.0.0.\\1", "127.0.0.1", false));
    assert_false(matches("127.0.0.1\\", "127.0.0.1", false));
}

TEST(names_are_told_from_addresses)
{
    static const struct {
        const char *text;
        bool is_name;
    } rows[] = { { "web1.example", true },   { "db", true },           { "localhost", false },
                 { "LocalHost", false },     { "10.0.0.1", false },    { "10.0.0.0/255.0.0.0", false },
                 { "%.example.com", false }, { "2001:db8::1", false }, { "", false },
                 { "10.0.0.0/8", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct host_pattern pattern = host_pattern_read(rows[i].text, FAMILY_MYSQL);
        assert_int_equal(host_pattern_is_name(&pattern), rows[i].is_name);
    }
}

TEST(masks_outside_32_bits_are_text)
{
    static const char *const texts[] = { "10.0.0.0/33",      "10.0.0.0/",
                                         "10.0.0.0/8x",      "10.0.0.256",
                                         "10.0.0",           "10.0.0.",
                                         "10.0.0.0/0.0.0.0", "10.0.0.0/255.0.0.0.0" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(host_pattern_read(texts[i], FAMILY_MYSQL).has_mask);
    assert_true(host_pattern_read("0.0.0.0/0", FAMILY_MYSQL).has_mask);
    assert_int_equal(host_pattern_read("10.0.0.0/32", FAMILY_MYSQL).mask, UINT32_MAX);
}

RUN_TESTS(NULL, NULL)
