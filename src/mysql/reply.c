#include "mysql/reply.h"

#include "mysql/caps.h"
#include "mysql/printable.h"
#include "mysql/resultset.h"
#include "mysql/wire.h"

#define SQLSTATE_LEN 5u

static const struct {
    uint16_t code;
    char sqlstate[SQLSTATE_LEN + 1];
} sqlstates[] = {
    { ERR_CON_COUNT, "08004" },
    { ERR_OUT_OF_RESOURCES, "HY000" },
    { ERR_HANDSHAKE, "08S01" },
    { ERR_DBACCESS_DENIED, "42000" },
    { ERR_ACCESS_DENIED, "28000" },
    { ERR_NO_DB, "3D000" },
    { ERR_UNKNOWN_COM, "08S01" },
    { ERR_BAD_DB, "42000" },
    { ERR_SERVER_SHUTDOWN, "08S01" },
    { ERR_NO_SUCH_THREAD, "HY000" },
    { ERR_KILL_DENIED, "HY000" },
    { ERR_UNKNOWN, "HY000" },
    { ERR_HOST_NOT_PRIVILEGED, "HY000" },
    { ERR_PACKET_TOO_LARGE, "08S01" },
    { ERR_PACKETS_OUT_OF_ORDER, "08S01" },
    { ERR_UNCOMPRESS, "08S01" },
    { ERR_READ_ERROR, "08S01" },
    { ERR_READ_TIMEOUT, "08S01" },
    { ERR_TOO_MANY_USER_CONNECTIONS, "42000" },
    { ERR_WRONG_ARGUMENTS, "HY000" },
    { ERR_SPECIFIC_ACCESS_DENIED, "42000" },
    { ERR_NOT_SUPPORTED_YET, "42000" },
    { ERR_UNKNOWN_STMT, "HY000" },
    { ERR_AUTH_MODE, "08004" },
    { ERR_READ_ONLY, "HY000" },
    { ERR_UNSUPPORTED_PS, "HY000" },
    { ERR_QUERY_INTERRUPTED, "70100" },
    { ERR_PLUGIN_NOT_LOADED, "HY000" },
    { ERR_MALFORMED, "HY000" },
    { ERR_READ_ONLY_TRANSACTION, "25006" },
    { ERR_READ_ONLY_MODE, "HY000" },
    { ERR_CONNECTION_KILLED, "70100" },
    { ERR_STATEMENT_TIMEOUT, "70100" },
    { ERR_SUBQUERIES_NOT_SUPPORTED, "42000" },
    { ERR_COMPRESSION_LEVEL, "HY000" },
    { ERR_CLIENT_IDLE, "HY000" },
};

const char *reply_sqlstate(uint16_t code)
{
    for (size_t i = 0; i < sizeof sqlstates / sizeof *sqlstates; i++)
        if (sqlstates[i].code == code)
            return sqlstates[i].sqlstate;
    return "HY000";
}

/* Without session tracking the documentation says "the rest of the packet", but servers write a length before
 * it. */
static struct span read_untracked_info(struct wire_reader *reader)
{
    struct wire_reader ahead = *reader;
    struct span info = wire_read_lenenc_span(&ahead);
    return !ahead.failed && wire_left(&ahead) == 0 ? info : wire_read_rest(reader);
}

/* MariaDB 10.11 writes one zero byte (ucs2, utf16, utf16le) or three (utf32) before the length while the
 * current schema has such a default character set (seen on 10.11, not on 11.8). The zero byte reads as an
 * empty session state that is not at the end of the packet. */
static struct span read_session(struct wire_reader *reader)
{
    struct span session = wire_read_lenenc_span(reader);
    for (unsigned pad = 0; pad < 3 && session.len == 0 && wire_left(reader) > 0; pad++)
        session = wire_read_lenenc_span(reader);
    return session;
}

/* Info and session state after the fixed part. Whether they are present depends on capabilities and status
 * flags. */
static void read_ok_tail(struct wire_reader *reader, uint64_t caps, struct reply_ok *ok_r)
{
    if ((caps & CAP_SESSION_TRACK) == 0) {
        ok_r->info = read_untracked_info(reader);
        return;
    }
    if (wire_left(reader) > 0) /* omitted entirely when empty and nothing changed */
        ok_r->info = wire_read_lenenc_span(reader);
    if ((ok_r->status & STATUS_SESSION_STATE_CHANGED) != 0 && wire_left(reader) > 0)
        ok_r->session = read_session(reader);
}

bool reply_parse_ok(struct span payload, uint64_t caps, struct reply_ok *ok_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *ok_r = (struct reply_ok){ 0 };
    uint8_t first = wire_read_u8(&reader);
    if (first != 0x00 && first != 0xFE)
        return false;
    ok_r->affected = wire_read_lenenc(&reader);
    ok_r->insert_id = wire_read_lenenc(&reader);
    ok_r->status = wire_read_u16(&reader);
    ok_r->warnings = wire_read_u16(&reader);
    if (reader.failed)
        return false;
    read_ok_tail(&reader, caps, ok_r);
    return !reader.failed;
}

bool reply_parse_err(struct span payload, struct reply_err *err_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *err_r = (struct reply_err){ .sqlstate = "HY000" };
    if (wire_read_u8(&reader) != 0xFF)
        return false;
    err_r->code = wire_read_u16(&reader);
    if (wire_left(&reader) > SQLSTATE_LEN && *reader.at == '#') {
        (void)wire_read_u8(&reader);
        struct span state = wire_read_bytes(&reader, SQLSTATE_LEN);
        memcpy(err_r->sqlstate, state.data, SQLSTATE_LEN);
    }
    err_r->text = wire_read_rest(&reader);
    return !reader.failed;
}

static bool is_among(uint16_t code, const uint16_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* MySQL sends 4031 with sequence number 0 when wait_timeout has passed. An ERR with sequence number 1,
 * like MySQL's 1053 to a command that meets a shutdown, may be the answer to a command that was executed
 * in part. */
bool reply_is_farewell(uint16_t code, uint8_t seq)
{
    static const uint16_t codes[] = { ERR_CLIENT_IDLE, ERR_CONNECTION_KILLED };
    return seq == 0 && is_among(code, codes, sizeof codes / sizeof *codes);
}

/* MySQL 9 answers a login with 1158 when its thread served a connection that was just killed: about once in
 * 30,000 kills. */
bool reply_is_interruption(uint16_t code)
{
    static const uint16_t codes[] = { ERR_SERVER_SHUTDOWN, ERR_READ_ERROR, ERR_READ_TIMEOUT,
                                      ERR_QUERY_INTERRUPTED, ERR_CONNECTION_KILLED };
    return is_among(code, codes, sizeof codes / sizeof *codes);
}

bool reply_read_err(struct span payload, struct error *err)
{
    struct reply_err said;
    char text[ERROR_TEXT_MAX];
    if (!reply_parse_err(payload, &said))
        return false;
    (void)printable(said.text, text, sizeof text);
    (void)error_set(err, said.code, "%s", text[0] != '\0' ? text : "(an error without words)");
    if (err != NULL)
        (void)printable(span_of(said.sqlstate, SQLSTATE_LEN), err->sqlstate, sizeof err->sqlstate);
    return true;
}

bool reply_parse_eof(struct span payload, uint16_t *status_r, uint16_t *warnings_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    if (payload.len != 5 || wire_read_u8(&reader) != 0xFE)
        return false;
    *warnings_r = wire_read_u16(&reader);
    *status_r = wire_read_u16(&reader);
    return true;
}

void reply_put_ok(struct text *out, uint8_t seq, uint64_t caps, const struct reply_ok *ok, bool is_eof)
{
    bool tracks = (caps & CAP_SESSION_TRACK) != 0;
    bool changed = tracks && (ok->status & STATUS_SESSION_STATE_CHANGED) != 0;
    uint16_t status = ok->status;
    if (!tracks) /* a client without session tracking gives this flag another meaning */
        status = (uint16_t)(status & ~STATUS_SESSION_STATE_CHANGED);
    size_t at = packet_begin(out);
    wire_put_u8(out, is_eof ? 0xFE : 0x00);
    wire_put_lenenc(out, ok->affected);
    wire_put_lenenc(out, ok->insert_id);
    wire_put_u16(out, status);
    wire_put_u16(out, ok->warnings);
    if (ok->info.len > 0 || changed)
        wire_put_lenenc_span(out, ok->info);
    if (changed)
        wire_put_lenenc_span(out, ok->session);
    packet_end(out, at, seq);
}

void reply_put_eof(struct text *out, uint8_t seq, uint16_t status, uint16_t warnings)
{
    size_t at = packet_begin(out);
    wire_put_u8(out, 0xFE);
    wire_put_u16(out, warnings);
    wire_put_u16(out, status);
    packet_end(out, at, seq);
}

void reply_put_err(struct text *out, uint8_t seq, uint16_t code, const char *sqlstate, const char *text)
{
    if (sqlstate == NULL || strlen(sqlstate) != SQLSTATE_LEN)
        sqlstate = reply_sqlstate(code);
    size_t len = strlen(text);
    size_t at = packet_begin(out);
    wire_put_u8(out, 0xFF);
    wire_put_u16(out, code);
    wire_put_u8(out, '#');
    (void)text_append(out, sqlstate, SQLSTATE_LEN);
    (void)text_append(out, text, size_min(len, REPLY_ERR_TEXT_MAX));
    packet_end(out, at, seq);
}

size_t reply_store_early_err(uint8_t packet[static REPLY_EARLY_ERR_MAX], uint16_t code, const char *text)
{
    size_t len = strnlen(text, REPLY_ERR_TEXT_MAX);
    wire_store_u32(packet, (uint32_t)len + 3); /* sequence number 0 */
    packet[PACKET_HEADER_BYTES] = 0xFF;
    packet[PACKET_HEADER_BYTES + 1] = (uint8_t)code;
    packet[PACKET_HEADER_BYTES + 2] = (uint8_t)(code >> 8);
    memcpy(packet + PACKET_HEADER_BYTES + 3, text, len);
    return PACKET_HEADER_BYTES + 3 + len;
}

void reply_put_row(struct text *out, uint8_t seq, uint64_t caps, const char *column, struct span value,
                   uint16_t status)
{
    struct resultset set;
    resultset_begin(&set, out, seq, caps, status, 1);
    resultset_column(&set, column, RESULTSET_TEXT, value.len);
    resultset_body(&set);
    resultset_value(&set, value);
    resultset_end(&set);
}
