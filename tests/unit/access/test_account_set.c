#include "../base/unit.h"

#include "access/account_set.h"
#include "base/mem.h"

static const char *found(const struct account_set *set, const char *name, const char *host)
{
    struct host_client client;
    host_client_read(&client, host, set->resolves);
    const struct account *account = account_set_find(set, name, &client);
    return account != NULL ? account->pattern.text : "none";
}

static bool add(struct account_set *set, const char *user, const char *host)
{
    const struct account_row row = { .user = span_cstr(user), .host = span_cstr(host) };
    return account_set_add(set, &row);
}

static struct account_set *make(enum server_family family, const char *const accounts[][2], size_t count)
{
    struct account_set *set = account_set_new(family, false);
    assert_non_null(set);
    for (size_t i = 0; i < count; i++)
        assert_true(add(set, accounts[i][0], accounts[i][1]));
    assert_int_equal(set->count, count);
    return set;
}

TEST(most_specific_account_of_a_name_is_found)
{
    static const char *const accounts[][2] = {
        { "app", "%" },        { "app", "10.0.0.%" },   { "app", "10.%" },
        { "app", "10.0.0.7" }, { "other", "10.0.0.8" },
    };
    for (int family = FAMILY_MARIADB; family <= FAMILY_MYSQL; family++) {
        struct account_set *set = make((enum server_family)family, accounts, 5);
        assert_string_equal(found(set, "app", "10.0.0.7"), "10.0.0.7");
        assert_string_equal(found(set, "app", "10.0.0.8"), "10.0.0.%");
        assert_string_equal(found(set, "app", "10.1.0.8"), "10.%");
        assert_string_equal(found(set, "app", "localhost"), "%");
        assert_string_equal(found(set, "App", "10.0.0.7"), "none");
        assert_string_equal(found(set, "other", "10.0.0.7"), "none");
        account_set_free(&set);
        assert_null(set);
        account_set_free(&set); /* harmless */
    }
}

TEST(anonymous_account_with_a_more_specific_host_comes_first)
{
    static const char *const accounts[][2] = { { "", "10.0.0.%" }, { "app", "%" }, { "near", "10.0.0.%" } };
    for (int family = FAMILY_MARIADB; family <= FAMILY_MYSQL; family++) {
        struct account_set *set = make((enum server_family)family, accounts, 3);
        assert_string_equal(found(set, "app", "10.0.0.1"), "10.0.0.%");
        assert_string_equal(found(set, "app", "10.0.1.1"), "%");
        assert_string_equal(found(set, "anyone", "10.0.0.1"), "10.0.0.%");
        assert_string_equal(found(set, "anyone", "10.0.1.1"), "none");
        struct host_client client;
        host_client_read(&client, "10.0.0.1", false);
        assert_int_equal(account_set_find(set, "app", &client)->row.user.len, 0);
        assert_int_equal(account_set_find(set, "near", &client)->row.user.len,
                         4); /* as specific: the named one */
        assert_int_equal(account_set_find(set, "", &client)->row.user.len, 0);
        account_set_free(&set);
    }
    assert_null(account_set_find(NULL, "app", NULL));
}

/* ---- equality ---- */

static const struct account_row whole = {
    .user = { (const uint8_t *)"app", 3 },
    .host = { (const uint8_t *)"%", 1 },
    .methods = { { { (const uint8_t *)"p", 1 }, { (const uint8_t *)"h\0x", 3 } } },
    .method_count = 1,
};

static bool is_equal(const struct account_row *row)
{
    struct account_set *one = account_set_new(FAMILY_MYSQL, false),
                       *other = account_set_new(FAMILY_MYSQL, false);
    assert_true(account_set_add(one, &whole) && account_set_add(other, row));
    struct account *twin = account_set_same(other, one->by_name);
    bool result = twin != NULL && account_is_equal(one->by_name, twin);
    account_set_free(&one);
    account_set_free(&other);
    return result;
}

TEST(each_difference_is_a_difference)
{
    struct account_row row = whole;
    assert_true(is_equal(&row));
    const struct account_row rows[] = {
        { .user = whole.user, .host = SPAN_LITERAL("10.%") },
        { .user = whole.user, .host = whole.host, .method_count = 1 },
        { .user = whole.user, .host = whole.host, .methods = { whole.methods[0] }, .method_count = 2 },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .is_locked = true },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .is_expired = true },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .is_above_read_only = true },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .tls = ACCOUNT_TLS_ANY },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .subject = SPAN_LITERAL("/CN=x") },
        { .user = whole.user,
          .host = whole.host,
          .methods = { whole.methods[0] },
          .method_count = 1,
          .default_role = SPAN_LITERAL("r") },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_equal(&rows[i]))
            fail_msg("row %zu is equal", i);
}

TEST(texts_are_copied_with_their_zero_bytes)
{
    char hash[] = "a\0b";
    struct account_row row = whole;
    row.methods[0].hash = span_of(hash, 3);
    struct account_set *set = account_set_new(FAMILY_MYSQL, false);
    assert_true(account_set_add(set, &row));
    memset(hash, 'x', sizeof hash);
    const struct account_method *method = &set->by_name->row.methods[0];
    assert_int_equal(method->hash.len, 3);
    assert_memory_equal(method->hash.data, "a\0b", 4);
    account_set_free(&set);
}

/* ---- many ---- */

static void count(void *context, const struct account *account)
{
    assert_non_null(account);
    ++*(size_t *)context;
}

TEST(hundred_thousand_accounts_are_found)
{
    struct account_set *set = account_set_new(FAMILY_MARIADB, false);
    char name[24];
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(name, sizeof name, "u%d", i / 2);
        assert_true(add(set, name, i % 2 == 0 ? "10.%" : "web.example"));
    }
    for (int i = 0; i < 50000; i += 7) {
        (void)snprintf(name, sizeof name, "u%d", i);
        assert_string_equal(found(set, name, "10.0.0.1"), "10.%");
    }
    assert_int_equal(set->name_count, 50000);
    size_t seen = 0;
    account_set_each(set, count, &seen);
    assert_int_equal(seen, 100000);
    account_set_each(NULL, count, &seen);
    account_set_free(&set);
}

TEST(no_memory_leaves_the_set_whole)
{
    for (long allocations = 0; allocations < 12; allocations++) {
        mem_fail_after(allocations);
        struct account_set *set = account_set_new(FAMILY_MARIADB, false);
        bool is_general = set != NULL && add(set, "app", "%");
        bool is_specific = is_general && add(set, "app", "10.0.0.1");
        mem_fail_after(-1);
        if (is_general)
            assert_string_equal(found(set, "app", "10.0.0.1"), is_specific ? "10.0.0.1" : "%");
        account_set_free(&set);
    }
}

RUN_TESTS(NULL, NULL)
