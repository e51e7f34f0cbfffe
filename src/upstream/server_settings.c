#include "upstream/server_settings.h"

#include "net/proxy_header.h"
#include "net/tls_client.h"
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
    { .name = "verify-ca", .value = TLS_SETTING_VERIFY_CA },
    { .name = "verify-identity", .value = TLS_SETTING_VERIFY_IDENTITY },
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
            .doc =
                "\"off\" never asks for TLS, \"preferred\" encrypts when the server offers it, \"required\" "
                "refuses to go on without. These do not look at the server's certificate: use "
                "\"verify-ca\", which demands that an authority of `tls_ca` has signed it, or "
                "\"verify-identity\", which demands the server's name in it as well. With "
                "\"verify-identity\" and no tls_ca a certificate of no authority is accepted if the "
                "server proves that it knows the account's password, as MariaDB does since 11.4 "
                "(mysql_native_password). Connections that no session uses are closed when it changes."),
    SETTING("tls_ca", STRING, struct server_settings, tls_ca, .effect = EFFECT_NEW_CONNECTIONS,
            .example = "/etc/headgate/servers-ca.pem",
            .doc =
                "Authorities whose signature makes the server's certificate valid, in PEM; by default those "
                "of the system. This file and the following ones are read at the start and at each reload."),
    SETTING(
        "tls_name", STRING, struct server_settings, tls_name, .effect = EFFECT_NEW_CONNECTIONS,
        .example = "db1.example",
        .doc =
            "The name that the server's certificate must have with \"verify-identity\", and that the server "
            "is told (SNI); by default the host of `address`."),
    SETTING(
        "tls_fingerprint", STRING, struct server_settings, tls_fingerprint, .check = tls_fingerprint_check,
        .effect = EFFECT_NEW_CONNECTIONS,
        .example =
            "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
        .doc = "SHA-256 of the server's certificate: this certificate and no other is accepted, without an "
               "authority (openssl x509 -noout -fingerprint -sha256)."),
    SETTING("tls_certificate", STRING, struct server_settings, tls_certificate,
            .effect = EFFECT_NEW_CONNECTIONS, .example = "/etc/headgate/client.pem",
            .doc =
                "The certificate that headgate shows to the server, in PEM with its chain: for accounts with "
                "REQUIRE X509, ISSUER or SUBJECT."),
    SETTING("tls_key", STRING, struct server_settings, tls_key, .effect = EFFECT_NEW_CONNECTIONS,
            .example = "/etc/headgate/client.key",
            .doc = "Its private key, in PEM and without a passphrase; by default in the certificate's file."),
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

static const char *const server_absent[] = { "tls_cert", "tls_verify", "max_lag", "slow_start", NULL };

const struct section server_section = {
    .name = "server",
    .doc = "The servers of the cluster, primary and replicas alike.",
    .size_bytes = sizeof(struct server_settings),
    SECTION_ROWS(server_settings),
    .is_list = true,
    .absent = server_absent,
};
