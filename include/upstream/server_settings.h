/* The settings of one server of a cluster. */
#pragma once

#include "settings/schema.h"

enum role_setting { ROLE_SETTING_AUTO, ROLE_SETTING_PRIMARY, ROLE_SETTING_REPLICA };

/* TLS towards the server. */
enum tls_setting { TLS_SETTING_OFF, TLS_SETTING_PREFERRED, TLS_SETTING_REQUIRED };

/* The compressed protocol towards the server. */
enum compression_setting { COMPRESSION_SETTING_OFF, COMPRESSION_SETTING_ZLIB, COMPRESSION_SETTING_ZSTD };

struct server_settings {
    char *name;              /* owns; unique in its cluster */
    char *address;           /* owns; "host:port", "[v6]:port" or "/path" */
    int role;                /* enum role_setting; AUTO unless the topology is static */
    int64_t weight;          /* 1 to 1000 */
    char *zone;              /* owns; NULL: not given */
    int tls;                 /* enum tls_setting */
    int compression;         /* enum compression_setting */
    int proxy_protocol;      /* enum proxy_version */
    int64_t max_connections; /* 0: auto */
};

extern const struct section server_section;
