#include "../base/unit.h"

#include "access/directory.h"
#include "base/mem.h"

static const char hash_of_secret[] = "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7";

static struct account_set *set_of(const struct account_row *rows, size_t count)
{
    struct account_set *set = account_set_new(FAMILY_MARIADB, false);
    for (size_t i = 0; i < count; i++)
        assert_true(account_set_add(set, &rows[i]));
    return set;
}

static struct account_row row_of(const char *user, const char *host)
{
    return (struct account_row){ .user = span_cstr(user),
                                 .host = span_cstr(host),
                                 .methods = { { SPAN_LITERAL(AUTH_NATIVE), span_cstr(hash_of_secret) } },
                                 .method_count = 1 };
}

static void publish(struct directory *directory, const struct account_row *row)
{
    directory_publish(directory, row != NULL ? set_of(row, 1) : NULL);
}

static void open_directory(struct directory *directory)
{
    *directory = (struct directory){ 0 };
    directory_init(directory);
    atomic_store(&directory->is_on, true);
}

TEST(account_is_found_with_its_secret_only_where_it_is_on)
{
    struct directory directory;
    const struct account_row row = row_of("app", "10.%");
    open_directory(&directory);
    assert_null(directory_enter(&directory, "app", "10.0.0.1"));
    publish(&directory, &row);
    const struct user *user = directory_enter(&directory, "app", "10.0.0.1");
    assert_string_equal(user->name, "app");
    assert_string_equal(user->host, "10.%");
    assert_true(user->secret.has_stored && !user->secret.has_password);
    assert_int_equal(user->secret.stored[0], 0x14);
    assert_ptr_equal(users_heir(NULL, user), user);
    assert_null(directory_enter(&directory, "app", "127.0.0.1"));
    assert_null(directory_enter(NULL, "app", "10.0.0.1"));
    directory_leave(user);
    atomic_store(&directory.is_on, false);
    assert_null(directory_enter(&directory, "app", "10.0.0.1"));
    directory_fini(&directory);
}

TEST(account_that_is_as_before_stays_the_same_to_the_pool)
{
    struct directory directory;
    const struct account_row rows[] = { row_of("app", "%"), row_of("other", "%") };
    open_directory(&directory);
    publish(&directory, &rows[0]);
    const struct user *user = directory_enter(&directory, "app", "10.0.0.1");
    directory_publish(&directory, set_of(rows, 2));
    const struct user *again = directory_enter(&directory, "app", "10.0.0.1");
    const struct user *other = directory_enter(&directory, "other", "10.0.0.1");
    assert_ptr_equal(again, user);
    assert_false(user->is_removed);
    assert_int_not_equal(other->account, user->account);
    directory_leave(user);
    directory_leave(again);
    directory_leave(other);
    directory_fini(&directory);
}

static void check_is_another_account(const struct account_row *after)
{
    struct directory directory;
    const struct account_row row = row_of("app", "%");
    open_directory(&directory);
    publish(&directory, &row);
    const struct user *user = directory_enter(&directory, "app", "10.0.0.1");
    uint64_t account = user->account;
    publish(&directory, after);
    assert_true(user->is_removed);
    assert_string_equal(user->name, "app"); /* a session still has it */
    const struct user *heir = directory_enter(&directory, "app", "10.0.0.1");
    if (heir != NULL)
        assert_int_not_equal(heir->account, account);
    directory_leave(heir);
    directory_leave(user);
    directory_fini(&directory);
}

TEST(account_that_has_changed_is_another_one_to_the_pool)
{
    struct account_row row = row_of("app", "%");
    row.is_locked = true;
    check_is_another_account(&row);
    row = row_of("app", "10.%");
    check_is_another_account(&row);
    row = row_of("app", "%");
    row.methods[0].hash = SPAN_LITERAL("*0000000000000000000000000000000000000000");
    check_is_another_account(&row);
    row = row_of("other", "%");
    check_is_another_account(&row);
    check_is_another_account(NULL);
}

TEST(each_login_of_an_anonymous_account_has_its_own_name)
{
    struct directory directory;
    const struct account_row row = row_of("", "%");
    open_directory(&directory);
    publish(&directory, &row);
    const struct user *one = directory_enter(&directory, "one", "10.0.0.1");
    const struct user *two = directory_enter(&directory, "two", "10.0.0.1");
    assert_string_equal(one->name, "one");
    assert_string_equal(two->name, "two");
    assert_int_not_equal(one->account, two->account);
    directory_leave(one);
    directory_publish(&directory, NULL);
    directory_leave(two);
    directory_fini(&directory);
}

TEST(hold_keeps_an_account_that_is_gone)
{
    struct directory directory;
    const struct account_row row = row_of("app", "%");
    open_directory(&directory);
    publish(&directory, &row);
    const struct user *user = directory_enter(&directory, "app", "10.0.0.1");
    directory_hold(user);
    directory_publish(&directory, NULL);
    directory_leave(user);
    assert_string_equal(user->name, "app");
    directory_leave(user);
    directory_leave(NULL); /* harmless */
    directory_fini(&directory);
}

TEST(privilege_over_read_only_is_known_at_once)
{
    struct directory directory;
    struct account_row row = row_of("root", "%");
    row.is_above_read_only = true;
    open_directory(&directory);
    publish(&directory, &row);
    const struct user *user = directory_enter(&directory, "root", "10.0.0.1");
    assert_int_equal(atomic_load(&user->read_only), USER_BYPASSES);
    directory_leave(user);
    directory_fini(&directory);
}

TEST(methods_that_headgate_cannot_check_let_nobody_in)
{
    struct directory directory;
    struct account_row row = row_of("app", "%");
    struct auth_secret secret;
    row.methods[0].plugin = SPAN_LITERAL("auth_socket");
    open_directory(&directory);
    publish(&directory, &row);
    const struct user *user = directory_enter(&directory, "app", "10.0.0.1");
    secret = user->secret;
    assert_false(secret.has_password || secret.has_stored || secret.has_stage1);
    directory_leave(user);
    row.methods[row.method_count++] =
        (struct account_method){ SPAN_LITERAL(AUTH_NATIVE), span_cstr(hash_of_secret) };
    publish(&directory, &row);
    user = directory_enter(&directory, "app", "10.0.0.1");
    assert_true(user->secret.has_stored);
    directory_leave(user);
    directory_fini(&directory);
}

TEST(no_memory_is_no_account)
{
    struct directory directory;
    const struct account_row row = row_of("app", "%");
    open_directory(&directory);
    publish(&directory, &row);
    for (long allocations = 0; allocations < 4; allocations++) {
        mem_fail_after(allocations);
        assert_null(directory_enter(&directory, "app", "10.0.0.1"));
    }
    mem_fail_after(-1);
    directory_fini(&directory);
}

static void count(void *context, const struct account *account)
{
    *(unsigned *)context += account->row.user.len > 0;
}

TEST(all_accounts_are_shown_and_attempts_counted)
{
    struct directory directory;
    unsigned seen = 0;
    const struct account_row rows[] = { row_of("app", "%"), row_of("app", "10.%") };
    open_directory(&directory);
    assert_false(directory_is_tried(&directory));
    directory_publish(&directory, set_of(rows, 2));
    struct directory_state told;
    directory_tell(&directory, &told);
    assert_true(told.is_on && !told.is_tried && told.count == 2 && told.error[0] == '\0');
    directory_note_read(&directory, "no reason");
    assert_true(directory_is_tried(&directory));
    directory_tell(&directory, &told);
    assert_true(told.is_tried);
    assert_string_equal(told.error, "no reason");
    directory_note_read(&directory, "");
    directory_tell(&directory, &told);
    assert_string_equal(told.error, "");
    directory_each(&directory, count, &seen);
    assert_int_equal(seen, 2);
    directory_fini(&directory);
}

TEST(logins_wait_for_a_read_that_is_asked_for_at_most_once_a_second)
{
    struct directory directory;
    uint64_t reads, again;
    uint64_t now = 5000000;
    open_directory(&directory);
    assert_true(directory_wait_begin(&directory, now, &reads));
    assert_false(directory_has_read_since(&directory, reads));
    assert_true(directory_wait_begin(&directory, now + 10, &again)); /* waits for the same read */
    directory_note_read(&directory, "");
    assert_true(directory_has_read_since(&directory, reads) && directory_has_read_since(&directory, again));
    assert_false(directory_wait_begin(&directory, now + DIRECTORY_ASK_SELDOM_US - 1, &reads));
    assert_true(directory_wait_begin(&directory, now + DIRECTORY_ASK_SELDOM_US, &reads));
    directory_fini(&directory);
}

TEST(few_logins_wait_at_a_time)
{
    struct directory directory;
    uint64_t reads;
    open_directory(&directory);
    for (int i = 0; i < DIRECTORY_WAITING_MAX; i++)
        assert_true(directory_wait_begin(&directory, 1, &reads));
    assert_false(directory_wait_begin(&directory, 1, &reads));
    directory_wait_end(&directory);
    assert_true(directory_wait_begin(&directory, 1, &reads));
    directory_fini(&directory);
}

RUN_TESTS(NULL, NULL)
