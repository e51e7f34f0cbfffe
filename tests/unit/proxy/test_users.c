#include "../base/unit.h"

#include "base/mem.h"
#include "proxy/users.h"

#define MANY 300

/* Accounts "u0", "u1", …, with a clear password each. */
static struct user_settings *make_settings(size_t count)
{
    struct user_settings *settings = calloc(count, sizeof *settings);
    assert_non_null(settings);
    for (size_t i = 0; i < count; i++) {
        char name[16];
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

static void each_account_is_found_by_its_name_alone(void **state)
{
    (void)state;
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

static void a_password_that_is_too_long_names_its_account(void **state)
{
    (void)state;
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
    assert_null(users.by_name);
    free_settings(settings, 3);
}

/* Whichever allocation fails, an account is named, and nothing is left (the sanitizers look). */
static void without_memory_there_are_no_accounts(void **state)
{
    (void)state;
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
        assert_row(strstr(err.text, "': out of memory") != NULL, "%s", err.text);
        assert_null(users.by_name);
    }
    assert_true(fail_at > 2 * MANY + 2); /* an account and its name, the table twice, and its growth */
    free_settings(settings, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_account_is_found_by_its_name_alone),
        cmocka_unit_test(a_password_that_is_too_long_names_its_account),
        cmocka_unit_test(without_memory_there_are_no_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
