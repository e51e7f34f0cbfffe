#include "../base/unit.h"

#include "base/mem.h"
#include "access/users.h"

#define MANY 300

/* Accounts "u0", "u1", …, with a clear password each. */
static struct user_settings *make_settings(size_t count)
{
    struct user_settings *settings = calloc(count, sizeof *settings);
    assert_non_null(settings);
    for (size_t i = 0; i < count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "u%zu", i);
        settings[i].name = strdup(name);
        settings[i].password = strdup("secret");
    }
    return settings;
}

static void free_settings(struct user_settings *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(settings[i].name);
        free(settings[i].password);
    }
    free(settings);
}

TEST(each_account_is_found_by_its_name_alone)
{
    struct user_settings *settings = make_settings(MANY);
    struct users users;
    struct error err = { 0 };
    assert_true(users_init(&users, settings, MANY, NULL, &err));
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(users_find(&users, settings[i].name)->name, settings[i].name);
    assert_null(users_find(&users, ""));
    assert_null(users_find(&users, "u"));
    assert_null(users_find(&users, "U1"));
    assert_null(users_find(&users, "u300"));
    users_fini(&users);
    users_fini(&users); /* harmless */
    assert_null(users_find(&users, "u1"));
    free_settings(settings, MANY);
}

TEST(a_password_that_is_too_long_names_its_account)
{
    char password[400];
    struct user_settings *settings = make_settings(3);
    struct users users;
    struct error err = { 0 };
    memset(password, 'x', sizeof password - 1);
    password[sizeof password - 1] = '\0';
    free(settings[1].password);
    settings[1].password = strdup(password);
    assert_false(users_init(&users, settings, 3, NULL, &err));
    assert_string_equal(err.text, "user 'u1': the password is longer than 255 bytes");
    assert_int_equal(err.code, 0);
    assert_null(users.by_name);
    free_settings(settings, 3);
}

/* Whichever allocation fails, the error names an account, and nothing is leaked (the sanitizers check). */
TEST(without_memory_there_are_no_accounts)
{
    struct user_settings *settings = make_settings(MANY);
    long fail_at = 0;
    for (;; fail_at++) {
        struct users users;
        struct error err = { 0 };
        mem_fail_after(fail_at);
        bool is_fine = users_init(&users, settings, MANY, NULL, &err);
        mem_fail_after(-1);
        if (is_fine) {
            users_fini(&users);
            break;
        }
        assert_row(strncmp(err.text, "user 'u", 7) == 0, "%s", err.text);
        assert_row(strstr(err.text, "': out of memory") != NULL && err.code == 0, "%s", err.text);
        assert_null(users.by_name);
    }
    /* an account and its name; the table's two arrays; the table's growth */
    assert_true(fail_at > 2 * MANY + 2);
    free_settings(settings, MANY);
}

TEST(who_is_logged_in_is_in_every_table_to_come)
{
    struct user_settings *settings = make_settings(3);
    struct users first, second, third;
    struct error err = { 0 };
    assert_true(users_init(&first, settings, 3, NULL, &err));
    const struct user *staying = users_find(&first, "u2");
    assert_true(limit_take(staying->connections));
    /* u1 and u2 are removed. A login may be in progress for either, so both are kept for one more table. */
    assert_true(users_init(&second, settings, 1, &first, &err));
    users_succeed(&second, &first);
    assert_true(users_find(&second, "u0")->has_limit && !users_find(&first, "u0")->has_limit);
    assert_null(users_find(&second, "u1"));
    assert_null(users_find(&second, "u2"));
    assert_non_null(users_heir(&second, users_find(&first, "u1")));
    const struct user *heir = users_heir(&second, staying);
    assert_true(heir->is_removed && heir->connections == staying->connections);
    users_fini(&first);
    /* u2 returns with another password: its connections are counted as before, but it is another account */
    settings[2].password[0] ^= 1;
    settings[2].max_connections = 1;
    assert_true(users_init(&third, &settings[2], 1, &second, &err));
    users_succeed(&third, &second);
    const struct user *back = users_find(&third, "u2");
    assert_ptr_equal(back->connections, heir->connections);
    assert_int_not_equal(back->account, heir->account);
    assert_false(limit_take(back->connections));
    assert_non_null(users_heir(&third, users_find(&second, "u0")));
    assert_null(users_find(&third, "u0"));
    assert_null(users_heir(&third, users_heir(&second, &(struct user){ .name = (char[]){ "u1" } })));
    users_fini(&second);
    limit_give(back->connections);
    users_fini(&third);
    free_settings(settings, 3);
}

TEST(an_account_is_the_same_while_its_password_is)
{
    struct user_settings *settings = make_settings(4);
    struct users first, second;
    struct error err = { 0 };
    char hashes[2][sizeof "*0123456789012345678901234567890123456789"] = {
        "*0123456789012345678901234567890123456789", "*0123456789012345678901234567890123456789"
    };
    char *const passwords[] = { settings[2].password, settings[3].password };
    settings[2].password = hashes[0], settings[3].password = hashes[1];
    settings[0].max_connections = 1;
    assert_true(users_init(&first, settings, 4, NULL, &err));
    settings[1].password[0] ^= 1;
    hashes[1][40] ^= 1; /* another hash, and no clear text as before */
    settings[0].max_connections = 9;
    assert_true(users_init(&second, settings, 4, &first, &err));
    assert_int_equal(users_find(&first, "u2")->account, users_find(&second, "u2")->account);
    assert_int_not_equal(users_find(&first, "u3")->account, users_find(&second, "u3")->account);
    assert_int_equal(users_find(&first, "u0")->account, users_find(&second, "u0")->account);
    assert_int_not_equal(users_find(&first, "u1")->account, users_find(&second, "u1")->account);
    assert_int_not_equal(users_find(&second, "u0")->account, users_find(&second, "u1")->account);
    users_fini(&second); /* it counted nothing: the limits belong to the first account */
    assert_true(limit_take(users_find(&first, "u0")->connections));
    assert_false(limit_take(users_find(&first, "u0")->connections)); /* the new limit is not in force yet */
    users_fini(&first);
    settings[2].password = passwords[0], settings[3].password = passwords[1];
    free_settings(settings, 4);
}

RUN_TESTS(NULL, NULL)
