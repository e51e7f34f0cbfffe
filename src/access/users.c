#include "access/users.h"

#include "base/mem.h"

#include <string.h>

static void release(struct user *user)
{
    mem_free(user->name);
    tls_requirement_fini(&user->requirement);
    if (user->has_limit)
        mem_free(user->connections);
    auth_secret_wipe(&user->secret);
    mem_free(user);
}

static struct user *find(const struct users *users, const char *name)
{
    struct user *user = NULL;
    if (users != NULL)
        HASH_FIND_STR(users->by_name, name, user);
    return user;
}

/* Adds a user, with the limit of `before` if there is one. NULL: out of memory. */
static struct user *add(struct users *users, const char *name, const struct user *before)
{
    struct user *user = mem_zalloc(sizeof *user);
    if (user == NULL)
        return NULL;
    user->has_limit = before == NULL;
    user->connections = before != NULL ? before->connections : mem_zalloc(sizeof *user->connections);
    if (user->connections != NULL && (user->name = mem_strdup(name)) != NULL)
        HASH_ADD_KEYPTR(hh, users->by_name, user->name, strlen(user->name), user);
    if (hash_has(user))
        return user;
    release(user);
    return NULL;
}

/* Compares secrets as configured; they do not yet contain anything learned at a login. */
static bool is_same_secret(const struct auth_secret *a, const struct auth_secret *b)
{
    return a->has_password == b->has_password && a->password_len == b->password_len &&
           memcmp(a->password, b->password, a->password_len) == 0 &&
           memcmp(a->stored, b->stored, sizeof a->stored) == 0;
}

static bool add_configured(struct users *users, const struct user_settings *settings,
                           const struct users *before, struct error *err)
{
    struct user *user = add(users, settings->name, find(before, settings->name));
    if (user == NULL)
        return error_set(err, 0, "user '%s': out of memory", settings->name);
    user->max_connections = settings->max_connections;
    if (before == NULL)
        limit_set(user->connections, user->max_connections);
    user->consistency = settings->consistency;
    const struct user *former = find(before, settings->name);
    bool is_usable = user_settings_read_password(settings->password, &user->secret);
    bool is_same = former != NULL && is_same_secret(&former->secret, &user->secret);
    user->account = is_same ? former->account : ++users->last_account;
    atomic_init(&user->read_only, is_same ? atomic_load(&former->read_only) : USER_NOT_ASKED);
    if (!user_settings_read_requirement(settings, &user->requirement))
        return error_set(err, 0, "user '%s': out of memory", settings->name);
    return is_usable || error_set(err, 0, "user '%s': the password is longer than 255 bytes", settings->name);
}

static bool add_removed(struct users *users, const struct user *before, struct error *err)
{
    /* An account that accepts logins counts as used: a login in progress is not counted yet. */
    if (find(users, before->name) != NULL ||
        (before->is_removed && atomic_load(&before->connections->used) == 0))
        return true;
    struct user *user = add(users, before->name, before);
    if (user == NULL)
        return error_set(err, 0, "user '%s': out of memory", before->name);
    user->secret = before->secret;
    user->account = before->account;
    user->consistency = before->consistency;
    atomic_init(&user->read_only, atomic_load(&before->read_only));
    user->is_removed = true;
    return true;
}

bool users_init(struct users *users, const struct user_settings *settings, size_t count,
                const struct users *before, struct error *err)
{
    *users = (struct users){ .last_account = before != NULL ? before->last_account : 0 };
    bool is_whole = true;
    for (size_t i = 0; is_whole && i < count; i++)
        is_whole = add_configured(users, &settings[i], before, err);
    for (const struct user *user = before != NULL ? before->by_name : NULL; is_whole && user != NULL;
         user = user->hh.next)
        is_whole = add_removed(users, user, err);
    if (!is_whole)
        users_fini(users);
    return is_whole;
}

void users_succeed(struct users *users, struct users *before)
{
    for (struct user *user = users->by_name; user != NULL; user = user->hh.next) {
        struct user *former = find(before, user->name);
        if (former != NULL)
            former->has_limit = false;
        user->has_limit = true;
        limit_set(user->connections, user->max_connections);
    }
}

void users_fini(struct users *users)
{
    struct user *user, *next;
    HASH_ITER(hh, users->by_name, user, next)
    {
        HASH_DEL(users->by_name, user); /* NOLINT(clang-analyzer-core.NullDereference): uthash's own macro */
        release(user);
    }
}

const struct user *users_find(const struct users *users, const char *name)
{
    const struct user *user = find(users, name);
    return user == NULL || user->is_removed ? NULL : user;
}

const struct user *users_heir(const struct users *users, const struct user *user)
{
    return user->in_directory != NULL ? user : find(users, user->name);
}
