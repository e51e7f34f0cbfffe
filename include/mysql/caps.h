/* Capability bits: bits 0-31 of MySQL and MariaDB, bits 32-63 MariaDB's extended word (sent only when bit 0
 * is clear in the greeting). The names are those of MySQL and MariaDB. */
#pragma once

#include <stdint.h>

#define CAP(bit) (UINT64_C(1) << (bit))
#define CAP_CLIENT_MYSQL CAP(0) /* MySQL: LONG_PASSWORD; clear: MariaDB with the extended word */
#define CAP_FOUND_ROWS CAP(1)
#define CAP_LONG_FLAG CAP(2)
#define CAP_CONNECT_WITH_DB CAP(3)
#define CAP_NO_SCHEMA CAP(4)
#define CAP_COMPRESS CAP(5)
#define CAP_ODBC CAP(6)
#define CAP_LOCAL_FILES CAP(7)
#define CAP_IGNORE_SPACE CAP(8)
#define CAP_PROTOCOL_41 CAP(9)
#define CAP_INTERACTIVE CAP(10)
#define CAP_SSL CAP(11)
#define CAP_IGNORE_SIGPIPE CAP(12)
#define CAP_TRANSACTIONS CAP(13)
#define CAP_SECURE_CONNECTION CAP(15)
#define CAP_MULTI_STATEMENTS CAP(16)
#define CAP_MULTI_RESULTS CAP(17)
#define CAP_PS_MULTI_RESULTS CAP(18)
#define CAP_PLUGIN_AUTH CAP(19)
#define CAP_CONNECT_ATTRS CAP(20)
#define CAP_PLUGIN_AUTH_LENENC CAP(21)
#define CAP_EXPIRED_PASSWORDS CAP(22)
#define CAP_SESSION_TRACK CAP(23)
#define CAP_DEPRECATE_EOF CAP(24)
#define CAP_OPTIONAL_METADATA CAP(25)
#define CAP_ZSTD CAP(26)
#define CAP_QUERY_ATTRIBUTES CAP(27)
#define CAP_MULTI_FACTOR CAP(28)
#define CAP_EXTENSION CAP(29)
#define CAP_SSL_VERIFY CAP(30)
#define CAP_REMEMBER_OPTIONS CAP(31)
#define CAP_MARIADB_PROGRESS CAP(32)
#define CAP_MARIADB_BULK CAP(34)
#define CAP_MARIADB_EXTENDED_METADATA CAP(35)
#define CAP_MARIADB_CACHE_METADATA CAP(36)
#define CAP_MARIADB_BULK_UNIT_RESULTS CAP(37)

/* Every peer must have these bits; a peer without them is refused. */
#define CAPS_REQUIRED (CAP_PROTOCOL_41 | CAP_SECURE_CONNECTION)

/* Bits that change the form or the meaning of commands or replies. A client's upstream is opened with the
 * client's values of exactly these bits, so that commands and replies pass untranslated. Part of the pool
 * key. */
#define CAPS_END_TO_END                                                                                      \
    (CAP_FOUND_ROWS | CAP_LOCAL_FILES | CAP_IGNORE_SPACE | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS |        \
     CAP_PS_MULTI_RESULTS | CAP_EXPIRED_PASSWORDS | CAP_DEPRECATE_EOF | CAP_QUERY_ATTRIBUTES |               \
     CAP_MARIADB_BULK | CAP_MARIADB_EXTENDED_METADATA | CAP_MARIADB_BULK_UNIT_RESULTS)

/* Bits that concern one hop only. headgate offers them to clients whatever the servers offer. */
#define CAPS_PER_HOP                                                                                         \
    (CAP_LONG_FLAG | CAP_CONNECT_WITH_DB | CAP_PROTOCOL_41 | CAP_TRANSACTIONS | CAP_SECURE_CONNECTION |      \
     CAP_PLUGIN_AUTH | CAP_CONNECT_ATTRS | CAP_PLUGIN_AUTH_LENENC | CAP_SESSION_TRACK)

/* The compressed protocol, also of one hop only. Offered to clients as the listener is configured. */
#define CAPS_COMPRESSION (CAP_COMPRESS | CAP_ZSTD)

/* Status flags (int<2> of OK and EOF). */
#define STATUS_IN_TRANS 0x0001u
#define STATUS_AUTOCOMMIT 0x0002u
#define STATUS_MORE_RESULTS 0x0008u
#define STATUS_CURSOR_EXISTS 0x0040u
#define STATUS_LAST_ROW_SENT 0x0080u
#define STATUS_DB_DROPPED 0x0100u
#define STATUS_NO_BACKSLASH_ESCAPES 0x0200u
#define STATUS_METADATA_CHANGED 0x0400u
#define STATUS_PS_OUT_PARAMS 0x1000u
#define STATUS_IN_TRANS_READONLY 0x2000u
#define STATUS_SESSION_STATE_CHANGED 0x4000u
#define STATUS_ANSI_QUOTES 0x8000u /* MariaDB only */
