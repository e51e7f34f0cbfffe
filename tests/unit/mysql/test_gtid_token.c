/* Positions as tokens, both ways; and texts that are no tokens. */
#include "bytes.h"

#include "mysql/gtid_token.h"

static struct gtid_token token_of(const char *text)
{
    struct gtid_token token;
    struct span copy = exact_copy(span_cstr(text));
    if (!gtid_token_parse(copy, &token))
        fail_msg("%s is no token", text);
    drop_copy(copy);
    return token;
}

TEST(what_is_printed_is_read)
{
    static const char *const texts[] = {
        "mariadb:none",
        "mysql:none",
        "mariadb:newest",
        "mysql:newest",
        "mariadb:0-123",
        "mariadb:0-123:7-0",
        "mariadb:0-1:1-2:4294967295-18446744073709551615:3-4",
        "mysql:0123456789abcdef-5",
        ("mysql:ffffffffffffffff-18446744073709551615:fffffffffffffffe-18446744073709551615:"
         "fffffffffffffffd-18446744073709551615:fffffffffffffffc-18446744073709551615"),
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct gtid_token token = token_of(texts[i]);
        char said[GTID_TOKEN_MAX];
        gtid_token_print(&token, said);
        assert_string_equal(said, texts[i]);
    }
}

TEST(nothing_else_is_one)
{
    static const char *const texts[] = {
        "",
        "mariadb",
        "mariadb:",
        "mysql:",
        "MariaDB:0-1",
        "postgres:0-1",
        "mariadb:0",
        "mariadb:0-",
        "mariadb:-1",
        "mariadb:0-1:",
        "mariadb::0-1",
        "mariadb:0-1-2",
        "mariadb:0-1,1-2",
        "mariadb:0-x",
        "mariadb:a-1",
        "mariadb:0- 1",
        "mariadb:0-18446744073709551616",
        "mariadb:18446744073709551616-1",
        "mariadb:0-1:0-2",
        "mariadb:0-1:1-1:2-1:3-1:4-1",
        "mysql:5-1",
        "mysql:0123456789ABCDEF-5",
        "mysql:0123456789abcdef0-5",
        "mysql:0123456789abcdef-",
        "mysql:0123456789abcdeg-5",
        "mysql:none:newest",
        "mariadb:newest:0-1",
        "mysql:newestx",
        "0-1-2",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct gtid_token token;
        struct span copy = exact_copy(span_cstr(texts[i]));
        if (gtid_token_parse(copy, &token))
            fail_msg("%s is taken for a token", texts[i]);
        drop_copy(copy);
    }
}

TEST(it_says_what_servers_say)
{
    struct gtid_token token = { .family = FAMILY_MARIADB };
    gtid_position_read(&token.position, FAMILY_MARIADB, SPAN_LITERAL("0-1-17,3-9-4"));
    char said[GTID_TOKEN_MAX];
    gtid_token_print(&token, said);
    assert_string_equal(said, "mariadb:0-17:3-4");
}

/* Applications keep tokens while headgate is replaced by another version: the number of a source must not
 * change. */
TEST(sources_keep_their_numbers)
{
    struct gtid_token token = { .family = FAMILY_MYSQL };
    gtid_position_read(&token.position, FAMILY_MYSQL,
                       SPAN_LITERAL("3E11FA47-71ca-11e1-9e33-c80aa9429562:1-5:tag:7"));
    char said[GTID_TOKEN_MAX];
    gtid_token_print(&token, said);
    assert_string_equal(said, "mysql:9f59c1eef0e60ced-5:83b7064b29313d2b-7");
}

TEST(what_cannot_be_said_is_the_newest)
{
    struct gtid_token token = { .family = FAMILY_MARIADB };
    for (unsigned i = 0; i <= GTID_SOURCES_MAX; i++)
        gtid_position_raise(&token.position, i, 1);
    char said[GTID_TOKEN_MAX];
    gtid_token_print(&token, said);
    assert_string_equal(said, "mariadb:newest");
}

RUN_TESTS(NULL, NULL)
