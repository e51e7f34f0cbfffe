#include "admin/admin_settings.h"

#include "settings/address.h"

#include <errno.h>
#include <grp.h>

static bool check_group(const char *name, struct error *err)
{
    return getgrnam(name) != NULL || error_set(err, ENOENT, "there is no group \"%.100s\"", name);
}

static const struct setting admin_settings[] = {
    {
        .name = "socket",
        .type = SETTING_STRING,
        .offset = offsetof(struct admin_settings, socket),
        .fallback = "/run/headgate/admin.sock",
        .check = address_check_socket,
        .effect = EFFECT_RESTART,
        .doc = "The unix socket that headgatectl talks to. Its owner and its group may open it (mode 0660), and "
               "who may open it may command headgate.",
    },
    {
        .name = "group",
        .type = SETTING_STRING,
        .offset = offsetof(struct admin_settings, group),
        .check = check_group,
        .effect = EFFECT_RESTART,
        .example = "adm",
        .doc = "The group of that socket; without it, the one that headgate runs as.",
    },
};

static const char *const admin_absent[] = { "address", "users", NULL };

const struct section admin_section = {
    .name = "admin",
    .doc = "The administrator's door.",
    .size_bytes = sizeof(struct admin_settings),
    SECTION_ROWS(admin_settings),
    .absent = admin_absent,
};
