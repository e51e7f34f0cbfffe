#include "console/admin_settings.h"

#include "access/user_settings.h"
#include "settings/address.h"

#include <errno.h>
#include <grp.h>

static bool check_group(const char *name, struct error *err)
{
    return getgrnam(name) != NULL || error_set(err, ENOENT, "there is no group \"%.100s\"", name);
}

bool admin_user_secret(const struct admin_user_settings *user, struct auth_secret *secret_r)
{
    return user_settings_read_password(user->password, secret_r);
}

static const struct setting admin_user_settings[] = {
    SETTING("name", STRING, struct admin_user_settings, name, .is_required = true, .effect = EFFECT_RESTART,
            .example = "admin",
            .doc = "The name of the account. These accounts are independent of those of applications."),
    SETTING("password", STRING, struct admin_user_settings, password, .is_required = true, .is_secret = true,
            .effect = EFFECT_RESTART, .example = "change me",
            .doc = "Its password in clear text, or as a server keeps it for mysql_native_password: \"*\" "
                   "and 40 hexadecimal digits. Or password_file, or password_env."),
};

static const struct section admin_user_section = {
    .name = "admin user",
    .doc = "Accounts that may use admin commands over the MySQL protocol.",
    .size_bytes = sizeof(struct admin_user_settings),
    SECTION_ROWS(admin_user_settings),
    .is_list = true,
};

static const struct setting admin_settings[] = {
    SETTING("socket", STRING, struct admin_settings, socket, .fallback = "/run/headgate/admin.sock",
            .check = address_check_socket, .effect = EFFECT_RESTART,
            .doc = "The unix socket that headgatectl connects to. Its owner and its group may open it "
                   "(mode 0660); an account that may open it may use all admin commands."),
    SETTING("group", STRING, struct admin_settings, group, .check = check_group, .effect = EFFECT_RESTART,
            .example = "adm", .doc = "The group of that socket; by default the group that headgate runs as."),
    SETTING("address", STRING, struct admin_settings, address, .check = address_check_listen,
            .effect = EFFECT_RESTART, .example = "127.0.0.1:6032",
            .doc = "The address at which the same commands are accepted over the MySQL protocol, from the "
                   "accounts in `users`. Across a network use `tls` with mode \"required\"."),
    SETTING("users", LIST, struct admin_settings, users,
            .count_offset = offsetof(struct admin_settings, user_count), .section = &admin_user_section,
            .effect = EFFECT_RESTART),
    SETTING("tls", GROUP, struct admin_settings, tls, .section = &tls_section),
};

const struct section admin_section = {
    .name = "admin",
    .doc = "Where admin commands are accepted.",
    .size_bytes = sizeof(struct admin_settings),
    SECTION_ROWS(admin_settings),
};
