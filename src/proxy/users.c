#include "proxy/users.h"

#include "base/mem.h"

#include <string.h>

static void release(struct user *user)
{
    if (user == NULL)
        return;
    mem_free(user->name);
    mem_free(user->connections);
    auth_secret_wipe(&user->secret);
    mem_free(user);
}

static bool add(struct users *users, const struct user_settings *settings, struct error *err)
{
    struct user *user = mem_zalloc(sizeof *user);
    if (user != NULL)
        user->connections = mem_zalloc(sizeof *user->connections);
    if (user != NULL && user->connections != NULL && (user->name = mem_strdup(settings->name)) != NULL)
        HASH_ADD_KEYPTR(hh, users->by_name, user->name, strlen(user->name), user);
    if (user == NULL || user->connections == NULL || !hash_has(user)) {
        release(user);
        return error_set(err, 0, "user '%s': out of memory", settings->name);
    }
    user->connections->max = settings->max_connections;
    user->consistency = settings->consistency;
    struct span password = span_cstr(settings->password);
    bool is_usable = user_settings_is_hash(settings) ? auth_secret_from_native_hash(&user->secret, password)
                                                     : auth_secret_from_password(&user->secret, password);
    return is_usable || error_set(err, 0, "user '%s': the password is longer than 255 bytes", settings->name);
}

bool users_init(struct users *users, const struct user_settings *settings, size_t count, struct error *err)
{
    *users = (struct users){ 0 };
    for (size_t i = 0; i < count; i++)
        if (!add(users, &settings[i], err)) {
            users_fini(users);
            return false;
        }
    return true;
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
    struct user *user;
    HASH_FIND_STR(users->by_name, name, user);
    return user;
}
