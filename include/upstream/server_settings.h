/* The settings of one server of a cluster. */
#pragma once

#include "settings/schema.h"

enum role_setting { ROLE_SETTING_AUTO, ROLE_SETTING_PRIMARY, ROLE_SETTING_REPLICA };

/* TLS towards the server. */
enum tls_setting {
    TLS_SETTING_OFF,
    TLS_SETTING_PREFERRED,
    TLS_SETTING_REQUIRED,
    TLS_SETTING_VERIFY_CA,
    TLS_SETTING_VERIFY_IDENTITY
};

/* The compressed protocol towards the server. */
enum compression_setting { COMPRESSION_SETTING_OFF, COMPRESSION_SETTING_ZLIB, COMPRESSION_SETTING_ZSTD };

struct server_settings {
    char *name;              /* owns; unique in its cluster */
    char *address;           /* owns; "host:port", "[v6]:port" or "/path" */
    int role;                /* enum role_setting; AUTO unless the topology is static */
    int64_t weight;          /* 1 to 1000 */
    char *zone;              /* owns; NULL: not given */
    int tls;                 /* enum tls_setting */
    char *tls_ca;            /* owns; path; NULL: the system's authorities */
    char *tls_name;          /* owns; NULL: the host of `address` */
    char *tls_fingerprint;   /* owns; as tls_fingerprint_check allows; NULL: none */
    char *tls_certificate;   /* owns; path; NULL: none is shown */
    char *tls_key;           /* owns; path; NULL: in the certificate's file */
    int compression;         /* enum compression_setting */
    int proxy_protocol;      /* enum proxy_version */
    int64_t max_connections; /* 0: auto */
};

extern const struct section server_section;
