#include "proxy/listener_settings.h"

#include "cluster/cluster_settings.h"
#include "proxy/limit_settings.h"
#include "settings/address.h"

static const struct setting_word mode_words[] = {
    { .name = "split", .value = LISTENER_SPLIT },
    { .name = "primary", .value = LISTENER_PRIMARY },
    { .name = "replica", .value = LISTENER_REPLICA },
    { .name = NULL },
};

static const struct setting listener_settings[] = {
    {
        .name = "name",
        .type = SETTING_STRING,
        .offset = offsetof(struct listener_settings, name),
        .is_required = true,
        .effect = EFFECT_NOW,
        .example = "app",
        .doc = "What it is called in the log and in `show sessions`.",
    },
    {
        .name = "address",
        .type = SETTING_STRING,
        .offset = offsetof(struct listener_settings, address),
        .is_required = true,
        .check = address_check_listen,
        .effect = EFFECT_NOW,
        .example = "127.0.0.1:6033",
        .doc = "Where clients connect: \"127.0.0.1:6033\", \"[::1]:6033\" or the path of a unix socket. "
               "\"0.0.0.0\" and "
               "\"[::]\" are every address of the machine.",
    },
    {
        .name = "cluster",
        .type = SETTING_STRING,
        .offset = offsetof(struct listener_settings, cluster),
        .is_required = true,
        .effect = EFFECT_NEW_SESSIONS,
        .example = "main",
        .doc = "The name of the cluster it leads to.",
    },
    {
        .name = "mode",
        .type = SETTING_ENUM,
        .offset = offsetof(struct listener_settings, mode),
        .words = mode_words,
        .fallback = "split",
        .effect = EFFECT_NEW_SESSIONS,
        .doc = "\"split\" reads the SQL: harmless reads go to replicas, everything else to the primary. "
               "\"primary\" and "
               "\"replica\" send everything there without looking.",
    },
    {
        .name = "consistency",
        .type = SETTING_ENUM,
        .offset = offsetof(struct listener_settings, consistency),
        .words = consistency_words,
        .fallback = "inherit",
        .effect = EFFECT_NEW_SESSIONS,
        .doc = "What reads on replicas show to clients that come in here: \"session\", \"eventual\" or "
               "\"strong\", see "
               "the cluster's; \"inherit\": as the cluster says. For mode \"split\".",
    },
    {
        .name = "max_clients",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct listener_settings, max_clients),
        .words = limit_words,
        .min = 1,
        .max = LIMIT_MAX,
        .fallback = "off",
        .effect = EFFECT_NOW,
        .doc = "Clients connected here at the same time; one more hears error 1040.",
    },
};

static const char *const listener_absent[] = { "tls",   "tls_cert", "proxy_protocol", "limits", "backlog",
                                               "rules", NULL };

const struct section listener_section = {
    .name = "listener",
    .doc = "Where clients connect, and what they reach there.",
    .size_bytes = sizeof(struct listener_settings),
    SECTION_ROWS(listener_settings),
    .is_list = true,
    .absent = listener_absent,
};
