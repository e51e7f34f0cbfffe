#include "access/user_settings.h"

#include "access/limit_settings.h"
#include "cluster/cluster_settings.h"

#define HASH_DIGITS 40U /* SHA1(SHA1(password)) in hexadecimal */

static bool is_hash(const char *password)
{
    return password[0] == '*' && strlen(password) == 1 + HASH_DIGITS &&
           strspn(password + 1, "0123456789abcdefABCDEF") == HASH_DIGITS;
}

bool user_settings_read_password(const char *password, struct auth_secret *secret_r)
{
    *secret_r = (struct auth_secret){ 0 };
    return is_hash(password) ? auth_secret_from_native_hash(secret_r, span_cstr(password))
                             : auth_secret_from_password(secret_r, span_cstr(password));
}

static const struct setting user_settings[] = {
    SETTING("name", STRING, struct user_settings, name, .is_required = true, .effect = EFFECT_NOW,
            .example = "app",
            .doc = "The account, as on the servers; clients log in to headgate with it, and headgate to "
                   "the servers."),
    SETTING("password", STRING, struct user_settings, password, .is_required = true, .is_secret = true,
            .check = auth_check_password, .effect = EFFECT_NEW_SESSIONS, .example = "change me",
            .doc = "Its password in clear text, or as a server keeps it for mysql_native_password: \"*\" "
                   "and 40 hexadecimal digits (then every server must take that plugin). Or password_file "
                   "= \"/path\" (first line; relative to this file's folder), or password_env = \"NAME\" "
                   "(an environment variable)."),
    SETTING("max_connections", INTEGER, struct user_settings, max_connections, .words = limit_words, .min = 1,
            .max = LIMIT_MAX, .fallback = "off", .effect = EFFECT_NOW,
            .doc = "Clients logged in with this account at the same time; a further one hears error 1203 "
                   "after its password was checked."),
    SETTING("consistency", ENUM, struct user_settings, consistency, .words = consistency_words,
            .fallback = "inherit", .effect = EFFECT_NOW,
            .doc = "What reads on replicas show to this account: \"session\", \"eventual\", \"global\" or "
                   "\"strong\", as explained at the cluster; \"inherit\": the setting of the listener."),
};

static const char *const user_absent[] = { "limits", "cluster", "schema", "hosts", NULL };

const struct section user_section = {
    .name = "user",
    .doc = "Accounts that may log in. The same accounts must exist on the servers.",
    .size_bytes = sizeof(struct user_settings),
    SECTION_ROWS(user_settings),
    .is_list = true,
    .absent = user_absent,
};
