#include "mysql/handshake.h"

#include "mysql/command.h"
#include "mysql/packet.h"
#include "mysql/wire.h"

#include <ctype.h>

#define PROTOCOL_VERSION 10
#define NONCE_FIRST 8u   /* bytes of the nonce before the capabilities */
#define NONCE_SECOND 13u /* bytes after them: twelve and a NUL */
#define EXTENDED(caps) (((caps)&CAP_CLIENT_MYSQL) == 0)

/* The handshake has one byte for the collation. A session with a collation above 255 sets it with SET
 * NAMES. */
#define COLLATION_UTF8MB4_GENERAL 45

bool greeting_parse(struct span payload, struct greeting *greeting_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *greeting_r = (struct greeting){ 0 };
    if (wire_read_u8(&reader) != PROTOCOL_VERSION)
        return false;
    greeting_r->version = wire_read_nul_span(&reader);
    greeting_r->connection_id = wire_read_u32(&reader);
    struct span first = wire_read_bytes(&reader, NONCE_FIRST);
    (void)wire_read_u8(&reader);
    greeting_r->caps = wire_read_u16(&reader);
    greeting_r->collation = wire_read_u8(&reader);
    greeting_r->status = wire_read_u16(&reader);
    greeting_r->caps |= (uint64_t)wire_read_u16(&reader) << 16;
    uint8_t nonce_len = wire_read_u8(&reader);
    (void)wire_read_bytes(&reader, 6);
    uint64_t extended = wire_read_u32(&reader);
    if (EXTENDED(greeting_r->caps))
        greeting_r->caps |= extended << 32;
    size_t want = nonce_len > NONCE_FIRST + NONCE_SECOND ? nonce_len - NONCE_FIRST : NONCE_SECOND;
    struct span second = wire_read_bytes(&reader, size_min(want, wire_left(&reader)));
    if (reader.failed || second.len < NONCE_BYTES - NONCE_FIRST)
        return false;
    memcpy(greeting_r->nonce, first.data, NONCE_FIRST);
    memcpy(greeting_r->nonce + NONCE_FIRST, second.data, NONCE_BYTES - NONCE_FIRST);
    if ((greeting_r->caps & CAP_PLUGIN_AUTH) != 0)
        greeting_r->plugin = wire_read_nul_or_rest(&reader);
    return true;
}

void greeting_put(struct text *out, const struct greeting *greeting)
{
    uint64_t caps = greeting->caps;
    bool names_plugin = (caps & CAP_PLUGIN_AUTH) != 0;
    size_t at = packet_begin(out);
    wire_put_u8(out, PROTOCOL_VERSION);
    wire_put_nul_span(out, greeting->version);
    wire_put_u32(out, greeting->connection_id);
    (void)text_append(out, greeting->nonce, NONCE_FIRST);
    wire_put_u8(out, 0);
    wire_put_u16(out, (uint16_t)caps);
    wire_put_u8(out, greeting->collation);
    wire_put_u16(out, greeting->status);
    wire_put_u16(out, (uint16_t)(caps >> 16));
    wire_put_u8(out, names_plugin ? NONCE_BYTES + 1 : 0);
    wire_put_zeros(out, 6);
    wire_put_u32(out, EXTENDED(caps) ? (uint32_t)(caps >> 32) : 0);
    (void)text_append(out, greeting->nonce + NONCE_FIRST, NONCE_BYTES - NONCE_FIRST);
    wire_put_u8(out, 0);
    if (names_plugin)
        wire_put_nul_span(out, greeting->plugin);
    packet_end(out, at, 0);
}

enum server_family greeting_family(const struct greeting *greeting)
{
    struct span version = greeting->version;
    struct span mariadb = SPAN_LITERAL("mariadb");
    for (size_t i = 0; i + mariadb.len <= version.len; i++)
        if (span_equal_nocase(span_of(version.data + i, mariadb.len), mariadb))
            return FAMILY_MARIADB;
    if (EXTENDED(greeting->caps))
        return FAMILY_MARIADB;
    return version.len > 0 ? FAMILY_MYSQL : FAMILY_UNKNOWN;
}

/* Takes the decimal digits at the front of `text`, and one dot after them. 0 if there are no digits. */
static unsigned take_number(struct span *text)
{
    unsigned number = 0;
    while (text->len > 0 && isdigit(text->data[0])) {
        if (number < 100000) /* no version part is that large */
            number = number * 10 + text->data[0] - '0';
        text->data++;
        text->len--;
    }
    if (text->len > 0 && text->data[0] == '.') {
        text->data++;
        text->len--;
    } else {
        text->len = 0;
    }
    return number;
}

struct server_version greeting_version(struct span version)
{
    /* MariaDB 10 writes this prefix for replicas that do not accept a version 10 of MySQL. */
    struct span disguise = SPAN_LITERAL("5.5.5-");
    if (version.len > disguise.len && span_equal(span_of(version.data, disguise.len), disguise) &&
        isdigit(version.data[disguise.len]))
        version = span_of(version.data + disguise.len, version.len - disguise.len);
    struct server_version parts;
    parts.major = take_number(&version);
    parts.minor = take_number(&version);
    parts.patch = take_number(&version);
    return parts;
}

/* The first 32 bytes, which SSLRequest and the full response share. */
static void read_fixed(struct wire_reader *reader, uint64_t offered, struct handshake_response *response_r)
{
    response_r->caps = wire_read_u32(reader);
    response_r->max_packet = wire_read_u32(reader);
    response_r->collation = wire_read_u8(reader);
    (void)wire_read_bytes(reader, 19);
    uint64_t extended = wire_read_u32(reader);
    if (EXTENDED(response_r->caps) && EXTENDED(offered))
        response_r->caps |= extended << 32;
}

static struct span read_auth(struct wire_reader *reader, uint64_t caps)
{
    if (wire_left(reader) == 0)
        return SPAN_NONE;
    if ((caps & CAP_PLUGIN_AUTH_LENENC) != 0)
        return wire_read_lenenc_span(reader);
    if ((caps & CAP_SECURE_CONNECTION) != 0)
        return wire_read_bytes(reader, wire_read_u8(reader));
    return wire_read_nul_or_rest(reader);
}

/* Plugin and attributes, at the end of both HandshakeResponse41 and COM_CHANGE_USER. Either may be missing
 * although its bit is set. */
static void read_trailer(struct wire_reader *reader, uint64_t caps, struct handshake_response *response_r)
{
    if ((caps & CAP_PLUGIN_AUTH) != 0)
        response_r->plugin = wire_read_nul_or_rest(reader);
    if ((caps & CAP_CONNECT_ATTRS) != 0 && wire_left(reader) > 0)
        response_r->attributes = wire_read_lenenc_span(reader);
}

enum handshake_form handshake_parse(struct span payload, uint64_t offered,
                                    struct handshake_response *response_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *response_r = (struct handshake_response){ 0 };
    if (payload.len < 2)
        return HANDSHAKE_MALFORMED;
    if ((payload.data[1] & CAP_PROTOCOL_41 >> 8) == 0)
        return HANDSHAKE_TOO_OLD;
    read_fixed(&reader, offered, response_r);
    if (reader.failed)
        return HANDSHAKE_MALFORMED;
    if ((response_r->caps & CAP_SSL) != 0 && payload.len == SSL_REQUEST_BYTES)
        return HANDSHAKE_SSL_REQUEST;
    response_r->user = wire_read_nul_span(&reader);
    response_r->auth = read_auth(&reader, response_r->caps);
    if ((response_r->caps & CAP_CONNECT_WITH_DB) != 0)
        response_r->schema = wire_read_nul_or_rest(&reader);
    read_trailer(&reader, response_r->caps, response_r);
    if ((response_r->caps & CAP_ZSTD) != 0 && wire_left(&reader) > 0)
        response_r->zstd_level = wire_read_u8(&reader);
    return reader.failed ? HANDSHAKE_MALFORMED : HANDSHAKE_RESPONSE;
}

uint8_t handshake_collation(uint16_t collation)
{
    return collation <= 0xFF ? (uint8_t)collation : COLLATION_UTF8MB4_GENERAL;
}

static void put_fixed(struct text *out, const struct handshake_response *response)
{
    uint64_t caps = response->caps;
    wire_put_u32(out, (uint32_t)caps);
    wire_put_u32(out, response->max_packet);
    wire_put_u8(out, handshake_collation(response->collation));
    wire_put_zeros(out, 19);
    wire_put_u32(out, EXTENDED(caps) ? (uint32_t)(caps >> 32) : 0);
}

static void put_auth(struct text *out, uint64_t caps, struct span auth)
{
    if ((caps & CAP_PLUGIN_AUTH_LENENC) != 0) {
        wire_put_lenenc_span(out, auth);
    } else if ((caps & CAP_SECURE_CONNECTION) != 0) {
        wire_put_u8(out, (uint8_t)auth.len); /* native 20, caching_sha2 32 */
        (void)text_append_span(out, auth);
    } else {
        wire_put_nul_span(out, auth);
    }
}

void handshake_put(struct text *out, uint8_t seq, const struct handshake_response *response)
{
    size_t at = packet_begin(out);
    put_fixed(out, response);
    wire_put_nul_span(out, response->user);
    put_auth(out, response->caps, response->auth);
    if ((response->caps & CAP_CONNECT_WITH_DB) != 0)
        wire_put_nul_span(out, response->schema);
    if ((response->caps & CAP_PLUGIN_AUTH) != 0)
        wire_put_nul_span(out, response->plugin);
    if ((response->caps & CAP_CONNECT_ATTRS) != 0)
        wire_put_lenenc_span(out, response->attributes);
    if ((response->caps & CAP_ZSTD) != 0)
        wire_put_u8(out, response->zstd_level);
    packet_end(out, at, seq);
}

void handshake_put_ssl_request(struct text *out, uint8_t seq, const struct handshake_response *response)
{
    size_t at = packet_begin(out);
    put_fixed(out, response);
    packet_end(out, at, seq);
}

bool change_user_parse(struct span payload, uint64_t caps, struct handshake_response *response_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *response_r = (struct handshake_response){ .caps = caps };
    (void)wire_read_u8(&reader);
    response_r->user = wire_read_nul_span(&reader);
    response_r->auth =
        read_auth(&reader, caps & ~CAP_PLUGIN_AUTH_LENENC); /* here the length is always one byte */
    response_r->schema = wire_read_nul_or_rest(&reader);
    if (wire_left(&reader) >= 2)
        response_r->collation = wire_read_u16(&reader);
    read_trailer(&reader, caps, response_r);
    return !reader.failed;
}

void change_user_put(struct text *out, const struct handshake_response *response)
{
    size_t at = packet_begin(out);
    wire_put_u8(out, COM_CHANGE_USER);
    wire_put_nul_span(out, response->user);
    put_auth(out, response->caps & ~CAP_PLUGIN_AUTH_LENENC, response->auth);
    wire_put_nul_span(out, response->schema);
    wire_put_u16(out, handshake_collation(response->collation)); /* the same value as in a login */
    if ((response->caps & CAP_PLUGIN_AUTH) != 0)
        wire_put_nul_span(out, response->plugin);
    if ((response->caps & CAP_CONNECT_ATTRS) != 0)
        wire_put_lenenc_span(out, response->attributes);
    packet_end(out, at, 0);
}

bool auth_switch_parse(struct span payload, struct span *plugin_r, struct span *data_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    if (wire_read_u8(&reader) != 0xFE)
        return false;
    *plugin_r = wire_read_nul_span(&reader);
    *data_r = wire_read_rest(&reader);
    return !reader.failed;
}

void auth_switch_put(struct text *out, uint8_t seq, const char *plugin, struct span data)
{
    size_t at = packet_begin(out);
    wire_put_u8(out, 0xFE);
    wire_put_nul_span(out, span_cstr(plugin));
    (void)text_append_span(out, data);
    packet_end(out, at, seq);
}
