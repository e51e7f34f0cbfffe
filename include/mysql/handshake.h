/* Greeting, SSLRequest, HandshakeResponse41, AuthSwitchRequest, COM_CHANGE_USER: parse and build. Source:
 * protocol.md §2. All functions work on payloads without packet header unless the comment says "framed". */
#ifndef HEADGATE_MYSQL_HANDSHAKE_H
#define HEADGATE_MYSQL_HANDSHAKE_H

#include "base/str.h"
#include "mysql/caps.h"

#include <stdbool.h>
#include <stdint.h>

#define NONCE_BYTES 20
#define SSL_REQUEST_BYTES 32

enum server_family { FAMILY_UNKNOWN, FAMILY_MARIADB, FAMILY_MYSQL };

struct greeting {
    struct span version; /* as on the wire, including a "5.5.5-" prefix */
    uint32_t connection_id;
    uint8_t nonce[NONCE_BYTES];
    uint64_t caps; /* with MariaDB's extended word in bits 32-63 when bit 0 is clear */
    uint8_t collation;
    uint16_t status;
    struct span plugin; /* empty: not announced */
};

bool greeting_parse(struct span payload, struct greeting *greeting_r);
/* Appends the greeting, framed, with sequence id 0. */
void greeting_put(struct text *out, const struct greeting *greeting);

/* Decided by the version text and bit 0: protocol.md §2.2. */
enum server_family greeting_family(const struct greeting *greeting);

/* The number in a version text: "5.5.5-10.11.6-MariaDB" → {10,11,6}. Missing or non-numeric parts are 0. */
struct server_version {
    unsigned major, minor, patch;
};
struct server_version greeting_version(struct span version);

struct handshake_response {
    uint64_t caps; /* as sent; the extended word is in bits 32-63 when bit 0 is clear */
    uint32_t max_packet;
    uint16_t collation;
    struct span user;
    struct span auth;
    struct span schema;     /* empty: none */
    struct span plugin;     /* empty: not named */
    struct span attributes; /* the encoded key/value pairs without their total length */
    uint8_t zstd_level;     /* with CAP_ZSTD; 0: not sent */
};

enum handshake_form { HANDSHAKE_RESPONSE, HANDSHAKE_SSL_REQUEST, HANDSHAKE_TOO_OLD, HANDSHAKE_MALFORMED };

/* Lenient where protocol.md §2.4 says so. For HANDSHAKE_SSL_REQUEST only caps, max_packet and collation are
 * filled. The client's own bits say which fields follow, whether these bits were offered or not. `offered`:
 * the bits of headgate's greeting, which say whether an extended word may be there. */
enum handshake_form handshake_parse(struct span payload, uint64_t offered,
                                    struct handshake_response *response_r);

/* The collation byte of a HandshakeResponse41: utf8mb4_general_ci in place of a collation above 255. */
uint8_t handshake_collation(uint16_t collation);

/* Appends a HandshakeResponse41, framed. response->caps say which bits and fields are written. */
void handshake_put(struct text *out, uint8_t seq, const struct handshake_response *response);
void handshake_put_ssl_request(struct text *out, uint8_t seq, const struct handshake_response *response);

/* Parses COM_CHANGE_USER; `payload` begins with the command byte. */
bool change_user_parse(struct span payload, uint64_t caps, struct handshake_response *response_r);
/* Appends COM_CHANGE_USER, framed, with sequence id 0. `response->caps` are those of the connection; they say
 * which fields are written. */
void change_user_put(struct text *out, const struct handshake_response *response);

/* AuthSwitchRequest: 0xFE plugin NUL data. auth_switch_put appends it framed. */
bool auth_switch_parse(struct span payload, struct span *plugin_r, struct span *data_r);
void auth_switch_put(struct text *out, uint8_t seq, const char *plugin, struct span data);

#endif
