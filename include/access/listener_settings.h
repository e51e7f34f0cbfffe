/* The settings of a listener: where clients connect, and to which cluster. */
#ifndef HEADGATE_ACCESS_LISTENER_SETTINGS_H
#define HEADGATE_ACCESS_LISTENER_SETTINGS_H

#include "access/tls_settings.h"
#include "settings/schema.h"

enum listener_mode { LISTENER_SPLIT, LISTENER_PRIMARY, LISTENER_REPLICA };

/* The compression that clients are offered, as far as servers of the cluster's family know it: bits
 * 1 << enum compress_algorithm. */
enum listener_compression {
    LISTENER_COMPRESSION_OFF = 0,
    LISTENER_COMPRESSION_ZLIB = 1,
    LISTENER_COMPRESSION_ZSTD = 2,
    LISTENER_COMPRESSION_ALL = 3
};

/* Whether a connection from the networks of proxy_protocol_from must begin with a PROXY header. */
enum listener_proxy_protocol { LISTENER_PROXY_REQUIRED, LISTENER_PROXY_OPTIONAL };

struct listener_settings {
    char *name;          /* owns; unique */
    char *address;       /* owns; "ipv4:port", "[ipv6]:port" or "/path"; unique */
    char *cluster;       /* owns; the name of a configured cluster */
    int mode;            /* enum listener_mode */
    int64_t max_clients; /* 0: off */
    int consistency;     /* enum consistency_setting */
    int compression;     /* enum listener_compression */
    uint64_t compression_threshold_bytes;
    int64_t compression_zlib_level;
    int64_t compression_zstd_level_max;
    char *proxy_protocol_from; /* owns; as networks_parse reads it; NULL: none */
    int proxy_protocol;        /* enum listener_proxy_protocol */
    struct tls_settings tls;
};

extern const struct section listener_section;

#endif
