#include "admin/admin_settings.h"

#include "settings/address.h"

static const struct setting admin_settings[] = {
    {
        .name = "socket",
        .type = SETTING_STRING,
        .offset = offsetof(struct admin_settings, socket),
        .fallback = "/run/headgate/admin.sock",
        .check = address_check_socket,
        .effect = EFFECT_RESTART,
        .doc = "The unix socket that headgatectl talks to. Who may open it may command headgate: its "
               "folder's rights "
               "decide.",
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
