/* OK, ERR and EOF packets: parse and build; and the errors that headgate itself sends. Source: protocol.md
 * §4.2, §4.4, §9. */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "mysql/packet.h"

#include <stdbool.h>
#include <stdint.h>

/* Error numbers that headgate uses; each has a row with its SQLSTATE (reply_sqlstate). */
#define ERR_CON_COUNT 1040
#define ERR_HANDSHAKE 1043
#define ERR_DBACCESS_DENIED 1044
#define ERR_ACCESS_DENIED 1045
#define ERR_NO_DB 1046
#define ERR_UNKNOWN_COM 1047
#define ERR_BAD_DB 1049
#define ERR_SERVER_SHUTDOWN 1053
#define ERR_BAD_FIELD 1054
#define ERR_PARSE 1064
#define ERR_UNKNOWN 1105
#define ERR_NO_SUCH_THREAD 1094
#define ERR_KILL_DENIED 1095
#define ERR_HOST_NOT_PRIVILEGED 1130
#define ERR_TABLEACCESS_DENIED 1142
#define ERR_COLUMNACCESS_DENIED 1143
#define ERR_NO_SUCH_TABLE 1146
#define ERR_PACKET_TOO_LARGE 1153
#define ERR_PACKETS_OUT_OF_ORDER 1156
#define ERR_UNCOMPRESS 1157
#define ERR_READ_ERROR 1158
#define ERR_READ_TIMEOUT 1159
#define ERR_UNKNOWN_CHARACTER_SET 1115
#define ERR_NO_SUCH_KEY 1176
#define ERR_TOO_MANY_USER_CONNECTIONS 1203
#define ERR_WRONG_ARGUMENTS 1210
#define ERR_WRONG_COLUMN_COUNT 1222
#define ERR_USER_LIMIT_REACHED 1226
#define ERR_SPECIFIC_ACCESS_DENIED 1227
#define ERR_NOT_SUPPORTED_YET 1235
#define ERR_UNKNOWN_STMT 1243
#define ERR_SP_DOES_NOT_EXIST 1305
#define ERR_AUTH_MODE 1251
#define ERR_READ_ONLY 1290
#define ERR_UNSUPPORTED_PS 1295
#define ERR_QUERY_INTERRUPTED 1317
#define ERR_VIEW_INVALID 1356
#define ERR_PROCACCESS_DENIED 1370
#define ERR_PLUGIN_NOT_LOADED 1524
#define ERR_NO_SUCH_FUNCTION_HERE 1630
#define ERR_ACCESS_DENIED_NO_PASSWORD 1698 /* MariaDB: the account has a plugin without a password */
#define ERR_UNKNOWN_PARTITION 1735
#define ERR_READ_ONLY_TRANSACTION 1792
#define ERR_MUST_CHANGE_PASSWORD 1820 /* password expired: no other statement is run before a change */
#define ERR_READ_ONLY_MODE 1836
#define ERR_MALFORMED 1835
#define ERR_STATEMENT_TIMEOUT 1969        /* MariaDB */
#define ERR_SUBQUERIES_NOT_SUPPORTED 1970 /* MariaDB */
#define ERR_QUERY_TIMEOUT 3024            /* MySQL */
#define ERR_CONNECTION_KILLED 1927
#define ERR_SECURE_TRANSPORT 3159
#define ERR_COMPRESSION_LEVEL 3923
#define ERR_CLIENT_IDLE 4031 /* MySQL: ER_CLIENT_INTERACTION_TIMEOUT; MariaDB: a trigger error */
#define ERR_OUT_OF_RESOURCES 1041

struct reply_ok {
    uint64_t affected;
    uint64_t insert_id;
    uint16_t status;
    uint16_t warnings;
    struct span info;    /* human-readable; may be empty */
    struct span session; /* entries of session tracking, without their total length; see sesstrack.h */
};

struct reply_err {
    uint16_t code;
    char sqlstate[6]; /* "HY000" if the peer sent none (before the handshake) */
    struct span text;
};

/* Parses a whole payload whose first byte is 0x00, or 0xFE (OK in place of an EOF). `caps`: agreed on this
 * connection. False when malformed. Spans borrow from the payload. */
bool reply_parse_ok(struct span payload, uint64_t caps, struct reply_ok *ok_r);
/* Parses a payload that begins with 0xFF, with or without '#sqlstate'. False when malformed. */
bool reply_parse_err(struct span payload, struct reply_err *err_r);
/* Is an ERR with this code and sequence number `seq` the message of a server that closes an idle connection,
 * and not the answer to a command? The sequence number of an answer is never 0. */
bool reply_is_farewell(uint16_t code, uint8_t seq);
/* Is an ERR with this code, received during a login, about the connection or a server that is shutting down,
 * and not about the account? Then another try may succeed. */
bool reply_is_interruption(uint16_t code);
/* Parses an ERR into `err`: code, SQLSTATE, and the text without control bytes. False when malformed. */
bool reply_read_err(struct span payload, struct error *err);
/* Parses the 5-byte EOF. False: the payload is something else. */
bool reply_parse_eof(struct span payload, uint16_t *status_r, uint16_t *warnings_r);

/* Appends a framed OK with header byte 0x00, or 0xFE when `is_eof`. Session tracking is written only when
 * caps have SESSION_TRACK and ok->status has SESSION_STATE_CHANGED. */
void reply_put_ok(struct text *out, uint8_t seq, uint64_t caps, const struct reply_ok *ok, bool is_eof);
void reply_put_eof(struct text *out, uint8_t seq, uint16_t status, uint16_t warnings);
/* Appends a framed ERR; the text is cut at 511 bytes. `sqlstate` NULL or "": the SQLSTATE of the code's row.
 * Control characters are kept. */
void reply_put_err(struct text *out, uint8_t seq, uint16_t code, const char *sqlstate, const char *text);

/* Appends a text result set of one column and one row, numbered from `seq`. `caps`: agreed with the
 * client. */
void reply_put_row(struct text *out, uint8_t seq, uint64_t caps, const char *column, struct span value,
                   uint16_t status);

#define REPLY_ERR_TEXT_MAX 511u
#define REPLY_EARLY_ERR_MAX (PACKET_HEADER_BYTES + 3u + REPLY_ERR_TEXT_MAX)
/* Writes an ERR that is sent before the greeting, in the form of servers of both families: without SQLSTATE,
 * with sequence number 0. Returns the number of bytes written to `packet`. Allocates no memory. */
size_t reply_store_early_err(uint8_t packet[static REPLY_EARLY_ERR_MAX], uint16_t code, const char *text);

/* The SQLSTATE of an error number; "HY000" for unknown numbers. */
const char *reply_sqlstate(uint16_t code);
