#include "upstream/server_settings.h"

#include "net/proxy_header.h"
#include "settings/address.h"

static const struct setting_word role_words[] = {
    { .name = "auto", .value = ROLE_SETTING_AUTO },
    { .name = "primary", .value = ROLE_SETTING_PRIMARY },
    { .name = "replica", .value = ROLE_SETTING_REPLICA },
    { .name = NULL },
};

static const struct setting_word tls_words[] = {
    { .name = "off", .value = TLS_SETTING_OFF },
    { .name = "preferred", .value = TLS_SETTING_PREFERRED },
    { .name = "required", .value = TLS_SETTING_REQUIRED },
    { .name = NULL },
};

static const struct setting_word compression_words[] = {
    { .name = "off", .value = COMPRESSION_SETTING_OFF },
    { .name = "zlib", .value = COMPRESSION_SETTING_ZLIB },
    { .name = "zstd", .value = COMPRESSION_SETTING_ZSTD },
    { .name = NULL },
};

static const struct setting_word proxy_words[] = {
    { .name = "off", .value = PROXY_OFF },
    { .name = "v1", .value = PROXY_V1 },
    { .name = "v2", .value = PROXY_V2 },
    { .name = NULL },
};

static const struct setting_word max_words[] = { { .name = "auto", .value = 0 }, { .name = NULL } };

static const struct setting server_settings[] = {
    SETTING("name", STRING, struct server_settings, name, .is_required = true, .effect = EFFECT_NOW,
            .example = "db1", .doc = "The name of the server in the log and in `show servers`."),
    SETTING("address", STRING, struct server_settings, address, .is_required = true,
            .check = address_check_connect, .effect = EFFECT_NOW, .example = "127.0.0.1:3306",
            .doc = "Where the server listens: \"host:port\", \"[ipv6]:port\" or the path of its socket. A "
                   "host name is resolved again after its TTL, at least 1s and at most 30s; without a TTL "
                   "(/etc/hosts) after 30s. While the present address is among the answers, it is kept. "
                   "Otherwise the first of the answers is used, IPv4 before IPv6: that is another "
                   "machine, and it is probed before anything goes there. While no answer comes, the "
                   "address stays as it is."),
    SETTING("role", ENUM, struct server_settings, role, .words = role_words, .fallback = "auto",
            .effect = EFFECT_NOW,
            .doc = "Only with topology = \"static\", where exactly one server is the \"primary\" and the "
                   "others are \"replica\". With any other topology the servers themselves are asked."),
    SETTING("weight", INTEGER, struct server_settings, weight, .min = 1, .max = 1000, .fallback = "1",
            .effect = EFFECT_NOW,
            .doc = "Its share of the reads, relative to the other servers. To take a server out, use "
                   "`drain`."),
    SETTING("zone", STRING, struct server_settings, zone, .effect = EFFECT_NOW, .example = "a",
            .doc = "The rack, room or availability zone of the server: see the cluster's `zone`."),
    SETTING("tls", ENUM, struct server_settings, tls, .words = tls_words, .fallback = "preferred",
            .effect = EFFECT_NEW_CONNECTIONS,
            .doc = "\"preferred\" encrypts when the server offers it, \"required\" refuses to go on "
                   "without, \"off\" never asks. Connections that no session uses are closed when it "
                   "changes. The server's certificate is not verified in this version."),
    SETTING("compression", ENUM, struct server_settings, compression, .words = compression_words,
            .fallback = "off", .effect = EFFECT_NEW_CONNECTIONS,
            .doc = "The compressed protocol towards the server, where the server offers it: \"zlib\", or "
                   "with MySQL \"zstd\". It is useful where the network is slow or expensive; it costs "
                   "CPU on both sides. Connections that no session uses are closed when this setting "
                   "changes."),
    SETTING("proxy_protocol", ENUM, struct server_settings, proxy_protocol, .words = proxy_words,
            .fallback = "off", .effect = EFFECT_NEW_CONNECTIONS,
            .doc = "Tells the server the client's address by the PROXY protocol, version 1 or 2, so that "
                   "USER(), the process list and accounts with a host are about the client. The server must "
                   "accept it from here: proxy_protocol_networks of MariaDB and Percona; MySQL's own servers "
                   "have none. A connection then belongs to its client's address: only sessions from that "
                   "address share it, and none is opened ahead of need (pool_warm). Probes, and clients of "
                   "this machine towards another one, come from headgate's own address. Connections that no "
                   "session uses are closed when this setting changes."),
    SETTING("max_connections", INTEGER, struct server_settings, max_connections, .words = max_words, .min = 1,
            .max = 100000, .fallback = "auto", .effect = EFFECT_NOW,
            .doc = "The largest number of connections that sessions may have to the server. When all are "
                   "in use, an idle one without state of its session, the least recently used first, goes "
                   "to the session that has waited longest; waiting lasts `timeouts.pool_wait` at most. "
                   "\"auto\" is the server's own max_connections less the cluster's `connection_reserve`. "
                   "Connections for probes and KILL are not counted."),
};

static const char *const server_absent[] = { "tls_ca",  "tls_cert",   "tls_key", "tls_verify",
                                             "max_lag", "slow_start", NULL };

const struct section server_section = {
    .name = "server",
    .doc = "The servers of the cluster, primary and replicas alike.",
    .size_bytes = sizeof(struct server_settings),
    SECTION_ROWS(server_settings),
    .is_list = true,
    .absent = server_absent,
};
