#include "access/user_settings.h"

#include "access/limit_settings.h"
#include "cluster/cluster_settings.h"

bool user_settings_read_password(const char *password, struct auth_secret *secret_r)
{
    return auth_secret_from_native_hash(secret_r, span_cstr(password)) ||
           auth_secret_from_password(secret_r, span_cstr(password));
}

bool user_settings_read_requirement(const struct user_settings *settings,
                                    struct tls_requirement *requirement_r)
{
    const char *subject = settings->require_subject, *issuer = settings->require_issuer;
    bool is_specified = subject != NULL || issuer != NULL;
    return tls_requirement_set(
        requirement_r, is_specified ? ACCOUNT_TLS_SPECIFIED : (enum account_tls)settings->require,
        span_cstr(issuer != NULL ? issuer : ""), span_cstr(subject != NULL ? subject : ""), SPAN_NONE);
}

static bool check_name(const char *name, struct error *err)
{
    return name[0] == '/' ||
           error_set(err, 0, "\"%.100s\" does not begin with /: write it like \"/C=SE/CN=app\"", name);
}

static const struct setting_word require_words[] = {
    { .name = "none", .value = ACCOUNT_TLS_NONE },
    { .name = "ssl", .value = ACCOUNT_TLS_ANY },
    { .name = "x509", .value = ACCOUNT_TLS_X509 },
    { .name = NULL },
};

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
    SETTING(
        "require", ENUM, struct user_settings, require, .words = require_words, .fallback = "none",
        .effect = EFFECT_NEW_SESSIONS,
        .doc = "Like REQUIRE of CREATE USER: \"ssl\": clients of this account must use TLS, a unix socket is "
               "not enough; \"x509\": they need a certificate signed by the `tls.ca` of their listener as "
               "well. A client without hears error 1045."),
    SETTING("require_subject", STRING, struct user_settings, require_subject, .check = check_name,
            .effect = EFFECT_NEW_SESSIONS, .example = "/C=SE/O=Shop/CN=app",
            .doc = "The certificate must have this subject, in the form that REQUIRE SUBJECT has."),
    SETTING("require_issuer", STRING, struct user_settings, require_issuer, .check = check_name,
            .effect = EFFECT_NEW_SESSIONS, .example = "/C=SE/O=Shop/CN=authority",
            .doc = "The certificate must have this issuer."),
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
