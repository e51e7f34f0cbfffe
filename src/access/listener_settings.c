#include "access/listener_settings.h"

#include "access/limit_settings.h"
#include "cluster/cluster_settings.h"
#include "net/compress.h"
#include "net/networks.h"
#include "settings/address.h"

static const struct setting_word mode_words[] = {
    { .name = "split", .value = LISTENER_SPLIT },
    { .name = "primary", .value = LISTENER_PRIMARY },
    { .name = "replica", .value = LISTENER_REPLICA },
    { .name = NULL },
};

static const struct setting_word compression_words[] = {
    { .name = "all", .value = LISTENER_COMPRESSION_ALL },
    { .name = "zlib", .value = LISTENER_COMPRESSION_ZLIB },
    { .name = "zstd", .value = LISTENER_COMPRESSION_ZSTD },
    { .name = "off", .value = LISTENER_COMPRESSION_OFF },
    { .name = NULL },
};

static const struct setting_word proxy_protocol_words[] = {
    { .name = "required", .value = LISTENER_PROXY_REQUIRED },
    { .name = "optional", .value = LISTENER_PROXY_OPTIONAL },
    { .name = NULL },
};

static const struct setting listener_settings[] = {
    SETTING("name", STRING, struct listener_settings, name, .is_required = true, .effect = EFFECT_NOW,
            .example = "app", .doc = "The name of the listener in the log and in `show sessions`."),
    SETTING("address", STRING, struct listener_settings, address, .is_required = true,
            .check = address_check_listen, .effect = EFFECT_NOW, .example = "127.0.0.1:6033",
            .doc = "Where clients connect: \"127.0.0.1:6033\", \"[::1]:6033\" or the path of a unix "
                   "socket. \"0.0.0.0\" and \"[::]\" are every address of the machine."),
    SETTING("cluster", STRING, struct listener_settings, cluster, .is_required = true,
            .effect = EFFECT_NEW_SESSIONS, .example = "main",
            .doc = "The name of the cluster of the listener."),
    SETTING("mode", ENUM, struct listener_settings, mode, .words = mode_words, .fallback = "split",
            .effect = EFFECT_NEW_SESSIONS,
            .doc = "\"split\" reads the SQL: harmless reads go to replicas, everything else to the "
                   "primary. \"primary\" and \"replica\" send every statement there."),
    SETTING("consistency", ENUM, struct listener_settings, consistency, .words = consistency_words,
            .fallback = "inherit", .effect = EFFECT_NEW_SESSIONS,
            .doc = "What reads on replicas show to clients of this listener, in mode \"split\": "
                   "\"session\", \"eventual\", \"global\" or \"strong\", as explained at the cluster; "
                   "\"inherit\": the setting of the cluster."),
    SETTING("max_clients", INTEGER, struct listener_settings, max_clients, .words = limit_words, .min = 1,
            .max = LIMIT_MAX, .fallback = "off", .effect = EFFECT_NOW,
            .doc = "Clients connected to this listener at the same time; further clients hear error 1040."),
    SETTING("compression", ENUM, struct listener_settings, compression, .words = compression_words,
            .fallback = "all", .effect = EFFECT_NEW_SESSIONS,
            .doc = "Which compressed protocols clients are offered; a client gets one only if it asks for "
                   "it. \"all\" is what the servers' family has: \"zlib\" with MariaDB, \"zlib\" and "
                   "\"zstd\" with MySQL. A client that compresses with zlib without an offer, as PHP's "
                   "mysqlnd does, is understood all the same, and gets uncompressed contents."),
    SETTING("compression_threshold", SIZE, struct listener_settings, compression_threshold_bytes, .min = 1,
            .max = INT64_C(16) << 20, .fallback = "50B", .effect = EFFECT_NEW_SESSIONS,
            .doc = "A shorter piece of a reply is sent uncompressed to clients that compress. Servers use "
                   "50 bytes; a larger threshold costs less CPU."),
    SETTING("compression_zlib_level", INTEGER, struct listener_settings, compression_zlib_level, .min = 1,
            .max = COMPRESS_ZLIB_LEVEL_MAX, .fallback = "6", .effect = EFFECT_NEW_SESSIONS,
            .doc = "Level of zlib towards clients: 1 is fastest, 9 is smallest. Servers use 6."),
    SETTING("compression_zstd_level_max", INTEGER, struct listener_settings, compression_zstd_level_max,
            .min = 1, .max = COMPRESS_ZSTD_LEVEL_MAX, .fallback = "9", .effect = EFFECT_NEW_SESSIONS,
            .doc = "The highest level of zstd for replies. A client names the level that it wants, 1 to "
                   "22, usually 3; a higher level is reduced to this one. At level 22 one client would "
                   "occupy a whole worker."),
    SETTING("proxy_protocol_from", STRING, struct listener_settings, proxy_protocol_from,
            .check = networks_check, .effect = EFFECT_NEW_SESSIONS, .example = "10.0.0.0/8, 192.0.2.7",
            .doc =
                "Load balancers that tell the address of their client by the PROXY protocol, version 1 or 2 "
                "(HAProxy: send-proxy-v2): addresses and networks, \"localhost\" for unix sockets, \"*\" "
                "for all. Limits, logs, error 1045 and `show sessions` then use the client's address. A "
                "header from anywhere else is refused (1130): a client could claim any address."),
    SETTING("proxy_protocol", ENUM, struct listener_settings, proxy_protocol, .words = proxy_protocol_words,
            .fallback = "required", .effect = EFFECT_NEW_SESSIONS,
            .doc = "With proxy_protocol_from: \"required\" waits for the header before the greeting, and a "
                   "connection from these networks without one ends with error 1043 after "
                   "timeouts.client_login. \"optional\" sends the greeting at once, as MariaDB does, and "
                   "takes connections with and without a header."),
    SETTING("tls", GROUP, struct listener_settings, tls, .section = &tls_section),
};

static const char *const listener_absent[] = { "limits", "backlog", "rules", NULL };

const struct section listener_section = {
    .name = "listener",
    .doc = "Where clients connect, and what they reach there.",
    .size_bytes = sizeof(struct listener_settings),
    SECTION_ROWS(listener_settings),
    .is_list = true,
    .absent = listener_absent,
};
