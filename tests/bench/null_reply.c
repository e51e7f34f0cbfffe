#include "null_reply.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 4096, COLUMNS_MAX = 64, NAME_MAX_BYTES = 128 };

static const uint32_t server_caps = CAP_FOUND_ROWS | CAP_LONG_FLAG | CAP_CONNECT_WITH_DB | CAP_LOCAL_FILES |
                                    CAP_IGNORE_SPACE | CAP_PROTOCOL_41 | CAP_TRANSACTIONS |
                                    CAP_SECURE_CONNECTION | CAP_MULTI_STATEMENTS | CAP_MULTI_RESULTS |
                                    CAP_PS_MULTI_RESULTS | CAP_PLUGIN_AUTH | CAP_CONNECT_ATTRS |
                                    CAP_LENENC_AUTH | CAP_SESSION_TRACK | CAP_DEPRECATE_EOF;
static const uint32_t server_extended_caps = EXT_STMT_BULK | EXT_METADATA;
static const char server_version[] = "5.5.5-10.11.0-MariaDB-null";
/* every client is let in, so the nonce need not be secret */
static const char nonce[] = "abcdefghijklmnopqrst";
static const char plugin[] = "mysql_native_password";

/* ---- packets that all replies consist of ---- */

static void put_ok(struct null_session *s, struct bytes *out, uint8_t header, unsigned affected)
{
    size_t at = packet_begin(out);
    bytes_int(out, header, 1);
    bytes_lenenc(out, affected);
    bytes_lenenc(out, 0);
    bytes_int(out, s->status, 2);
    bytes_int(out, 0, 2);
    packet_end(out, at, &s->seq);
}

static void put_eof(struct null_session *s, struct bytes *out)
{
    size_t at = packet_begin(out);
    bytes_int(out, 0xfe, 1);
    bytes_int(out, 0, 2);
    bytes_int(out, s->status, 2);
    packet_end(out, at, &s->seq);
}

static void put_error(struct null_session *s, struct bytes *out, unsigned code, const char *state_and_text)
{
    size_t at = packet_begin(out);
    bytes_int(out, 0xff, 1);
    bytes_int(out, code, 2);
    bytes_add(out, "#", 1);
    bytes_add(out, state_and_text, strlen(state_and_text));
    packet_end(out, at, &s->seq);
}

static void put_column(struct null_session *s, struct bytes *out, const char *name)
{
    size_t at = packet_begin(out);
    bytes_lestr(out, "def", 3);
    for (int i = 0; i < 3; i++) /* schema, table alias, table */
        bytes_lenenc(out, 0);
    bytes_lestr(out, name, strlen(name));
    bytes_lenenc(out, 0); /* original name */
    if (s->extended_caps & EXT_METADATA)
        bytes_lenenc(out, 0);
    bytes_lenenc(out, 0x0c);
    bytes_int(out, 45, 2); /* utf8mb4_general_ci */
    bytes_int(out, NULL_ROW_BYTES, 4);
    bytes_int(out, TYPE_VAR_STRING, 1);
    bytes_int(out, 0, 2 + 1 + 2); /* flags, decimals, filler */
    packet_end(out, at, &s->seq);
}

static void put_columns(struct null_session *s, struct bytes *out, const char *const *names, unsigned count)
{
    size_t at = packet_begin(out);
    bytes_lenenc(out, count);
    packet_end(out, at, &s->seq);
    for (unsigned i = 0; i < count; i++)
        put_column(s, out, names[i]);
    if (!(s->caps & CAP_DEPRECATE_EOF))
        put_eof(s, out);
}

static void put_end(struct null_session *s, struct bytes *out)
{
    if (s->caps & CAP_DEPRECATE_EOF)
        put_ok(s, out, 0xfe, 0);
    else
        put_eof(s, out);
}

static void put_text_row(struct null_session *s, struct bytes *out, const char *const *values, unsigned count)
{
    size_t at = packet_begin(out);
    for (unsigned i = 0; i < count; i++)
        bytes_lestr(out, values[i], strlen(values[i]));
    packet_end(out, at, &s->seq);
}

/* ---- login ---- */

void null_greet(struct null_session *s, uint32_t connection_id, struct bytes *out)
{
    s->status = STATUS_AUTOCOMMIT;
    s->seq = 0;
    size_t at = packet_begin(out);
    bytes_int(out, 10, 1);
    bytes_zstr(out, server_version);
    bytes_int(out, connection_id, 4);
    bytes_add(out, nonce, 8);
    bytes_int(out, 0, 1);
    bytes_int(out, server_caps & 0xffff, 2);
    bytes_int(out, 45, 1);
    bytes_int(out, s->status, 2);
    bytes_int(out, server_caps >> 16, 2);
    bytes_int(out, sizeof nonce, 1);
    bytes_int(out, 0, 6);
    bytes_int(out, server_extended_caps, 4);
    bytes_zstr(out, nonce + 8);
    bytes_zstr(out, plugin);
    packet_end(out, at, &s->seq);
}

static bool answer_login(struct null_session *s, const struct packet *p, struct bytes *out)
{
    struct reader r = reader_of(p->payload, p->len);
    s->caps = (uint32_t)read_int(&r, 4) & (server_caps | CAP_CLIENT_MYSQL);
    (void)read_bytes(&r, 4 + 1 + 19); /* max packet, collation, filler */
    s->extended_caps = (uint32_t)read_int(&r, 4) & server_extended_caps;
    if (s->caps & CAP_CLIENT_MYSQL)
        s->extended_caps = 0;
    if (r.is_bad || !(s->caps & CAP_PROTOCOL_41)) {
        put_error(s, out, 1043, "08S01Bad handshake");
        return false;
    }
    s->is_logged_in = true;
    put_ok(s, out, 0x00, 0);
    return true;
}

/* ---- SELECT without FROM, as probes send it ---- */

static const struct {
    const char *part; /* a part of the expression; the first row whose part occurs in it applies */
    const char *value;
} answers[] = {
    { "innodb_read_only", "0" },
    { "max_connections", "100000" },
    { "max_allowed_packet", "16777216" },
    { "wait_timeout", "28800" },
    { "interactive_timeout", "28800" },
    { "init_connect", "" }, /* with an init_connect, connections of the pool would not be reused */
    { "gtid_domain_id", "0" },
    { "last_gtid", "" },
    { "gtid_wait", "0" },
    { "gtid_mode", "ON" },
    { "gtid_strict_mode", "0" },
    { "gtid_", "0-1-100" }, /* every position is the same: no server is behind */
    { "autocommit", "1" },
    { "isolation", "REPEATABLE-READ" },
    { "character_set", "utf8mb4" },
    { "collation", "utf8mb4_general_ci" },
    { "sql_mode", "" },
    { "time_zone", "SYSTEM" },
    { "server_uuid", "00000000-0000-0000-0000-000000000000" },
    { "version_comment", "null server" },
    { "version", server_version + 6 }, /* without the "5.5.5-" of the greeting */
    { "hostname", "null" },
    { "log_bin", "1" },
};

static const char *value_of(const struct null_options *o, const char *expression, char *room,
                            size_t room_bytes)
{
    if (isdigit((unsigned char)*expression)) {
        snprintf(room, room_bytes, "%s", expression);
        return room;
    }
    const bool is_number = strcasestr(expression, "server_id") || strcasestr(expression, "@port") ||
                           strcasestr(expression, ".port");
    if (is_number || (strcasestr(expression, "read_only") && !strcasestr(expression, "innodb"))) {
        unsigned number = strcasestr(expression, "server_id")   ? o->server_id
                          : strcasestr(expression, "read_only") ? o->read_only
                                                                : o->port;
        snprintf(room, room_bytes, "%u", number);
        return room;
    }
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcasestr(expression, answers[i].part))
            return answers[i].value;
    }
    return "0";
}

/* The end of the SELECT expression at `text`: a comma outside quotes and parentheses, or the end of the text.
 */
static char *expression_end(char *text)
{
    int depth = 0;
    char quote = 0;
    for (; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (strchr("'\"`", *text))
            quote = *text;
        else if (*text == '(')
            depth++;
        else if (*text == ')')
            depth--;
        else if (depth == 0 && (*text == ',' || *text == ';'))
            break;
    }
    return text;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (size_t len = strlen(text); len && isspace((unsigned char)text[len - 1]); len--)
        text[len - 1] = 0;
    return text;
}

/* Cuts "expression AS alias" in two and returns the column's name. Without AS the name is the expression. */
static char *column_name(char *expression)
{
    char *as = NULL;
    for (char *p = expression; (p = strcasestr(p, " as ")); p += 4)
        as = p;
    if (!as)
        return expression;
    *as = 0;
    char *name = trim(as + 4);
    size_t len = strlen(name);
    if (len >= 2 && strchr("`'\"", *name)) {
        name[len - 1] = 0;
        name++;
    }
    return name;
}

static void answer_expressions(const struct null_options *o, struct null_session *s, char *list,
                               struct bytes *out)
{
    const char *names[COLUMNS_MAX];
    const char *values[COLUMNS_MAX];
    static char rooms[COLUMNS_MAX][NAME_MAX_BYTES];
    unsigned count = 0;
    for (bool is_last = false; !is_last && count < COLUMNS_MAX; count++) {
        char *end = expression_end(list);
        is_last = *end != ',';
        *end = 0;
        char *expression = trim(list);
        names[count] = column_name(expression);
        values[count] = value_of(o, expression, rooms[count], sizeof *rooms);
        list = end + 1;
    }
    put_columns(s, out, names, count);
    put_text_row(s, out, values, count);
    put_end(s, out);
}

/* ---- the other statements ---- */

static void name_of_row(char *room, size_t room_bytes, uint64_t id)
{
    snprintf(room, room_bytes, "name-%010llu", (unsigned long long)id);
}

static uint64_t trailing_number(const char *text)
{
    const char *p = text + strlen(text);
    while (p > text && !isdigit((unsigned char)p[-1]))
        p--;
    while (p > text && isdigit((unsigned char)p[-1]))
        p--;
    return strtoull(p, NULL, 10);
}

static void answer_point(struct null_session *s, const char *text, struct bytes *out)
{
    static const char *const names[] = { "name" };
    char row[32];
    name_of_row(row, sizeof row, trailing_number(text));
    const char *values[] = { row };
    put_columns(s, out, names, 1);
    put_text_row(s, out, values, 1);
    put_end(s, out);
}

static void answer_big(struct null_session *s, const char *text, struct bytes *out)
{
    static const char *const names[] = { "big" };
    s->big_row = 0;
    s->big_rows = trailing_number(text) * (1024 * 1024 / NULL_ROW_BYTES);
    put_columns(s, out, names, 1);
    if (!s->big_rows)
        put_end(s, out);
}

/* The survey of stored code asks for the number, the hash and the completeness of each list: there is none, and all may be
 * seen. */
static void answer_survey(struct null_session *s, struct bytes *out)
{
    static const char *const names[] = { "count", "hash", "proof" };
    static const char *const values[] = { "0", "0", "1" };
    put_columns(s, out, names, 3);
    put_text_row(s, out, values, 3);
    put_end(s, out);
}

static void answer_select(const struct null_options *o, struct null_session *s, char *text, struct bytes *out)
{
    if (!strncasecmp(text, "SELECT COUNT(*) AS count, COALESCE(BIT_XOR", 42)) {
        answer_survey(s, out);
    } else if (strcasestr(text, " from ")) {
        if (strcasestr(text, "_schema.") || strcasestr(text, "mysql."))
            put_error(s, out, 1146, "42S02Table doesn't exist");
        else
            answer_point(s, text, out);
    } else if (!strncasecmp(trim(text + 6), "big", 3)) {
        answer_big(s, text, out);
    } else {
        answer_expressions(o, s, text + 6, out);
    }
}

static const char *const link_names[] = {
    "Connection_name",   "Slave_IO_State",        "Master_Host", "Master_Port",   "Slave_IO_Running",
    "Slave_SQL_Running", "Seconds_Behind_Master", "Using_Gtid",  "Gtid_IO_Pos",   "Master_Server_Id",
    "Last_IO_Errno",     "Last_IO_Error",         "Last_Errno",  "Last_SQL_Errno"
};

static void answer_show(const struct null_options *o, struct null_session *s, const char *text,
                        struct bytes *out)
{
    static const char *const variable_names[] = { "Variable_name", "Value" };
    const bool is_link = strcasestr(text, "SLAVE") || strcasestr(text, "REPLICA");
    if (!is_link) {
        put_columns(s, out, variable_names, 2);
        put_end(s, out);
        return;
    }
    char port[16];
    snprintf(port, sizeof port, "%u", o->master_port);
    const char *const values[] = { "",          "Waiting for master to send event",
                                   "127.0.0.1", port,
                                   "Yes",       "Yes",
                                   "0",         "Slave_Pos",
                                   "0-1-100",   "1",
                                   "0",         "",
                                   "0",         "0" };
    enum { LINK_COLUMNS = sizeof link_names / sizeof *link_names };
    _Static_assert(sizeof values == sizeof link_names, "a value per column");
    put_columns(s, out, link_names, LINK_COLUMNS);
    if (o->read_only)
        put_text_row(s, out, values, LINK_COLUMNS);
    put_end(s, out);
}

static void answer_other(struct null_session *s, const char *text, struct bytes *out)
{
    if (!strncasecmp(text, "BEGIN", 5) || !strncasecmp(text, "START T", 7))
        s->status |= STATUS_IN_TRANS;
    else if (!strncasecmp(text, "COMMIT", 6) || !strncasecmp(text, "ROLLBACK", 8))
        s->status &= (uint16_t)~STATUS_IN_TRANS;
    else if (!strncasecmp(text, "SET ", 4) && strcasestr(text, "autocommit"))
        s->status = trailing_number(text) ? STATUS_AUTOCOMMIT : 0;
    const bool is_write = !strncasecmp(text, "INSERT", 6) || !strncasecmp(text, "UPDATE", 6);
    put_ok(s, out, 0x00, is_write);
}

static char *skip_blanks_and_comments(char *text)
{
    for (;;) {
        while (isspace((unsigned char)*text))
            text++;
        char *end = strncmp(text, "/*", 2) ? NULL : strstr(text + 2, "*/");
        if (!end)
            return text;
        text = end + 2;
    }
}

static void answer_query(const struct null_options *o, struct null_session *s, struct reader *r,
                         struct bytes *out)
{
    static char room[TEXT_MAX + 1]; /* the text beyond is not needed to choose an answer */
    size_t len = (size_t)(r->end - r->at);
    len = len < TEXT_MAX ? len : TEXT_MAX;
    memcpy(room, r->at, len);
    room[len] = 0;
    char *text = skip_blanks_and_comments(room);
    if (!strncasecmp(text, "SELECT", 6))
        answer_select(o, s, text, out);
    else if (!strncasecmp(text, "SHOW", 4))
        answer_show(o, s, text, out);
    else
        answer_other(s, text, out);
}

/* ---- prepared statements: any text, one text column, the first integer parameter names the row ---- */

static struct null_stmt *stmt_find(struct null_session *s, uint32_t id)
{
    if (id == UINT32_MAX)
        id = s->last_stmt;
    for (unsigned i = 0; i < NULL_STMTS; i++) {
        if (s->stmts[i].id == id)
            return &s->stmts[i];
    }
    return NULL;
}

static void put_parameter_columns(struct null_session *s, unsigned count, struct bytes *out)
{
    for (unsigned i = 0; i < count; i++)
        put_column(s, out, "?");
    if (count && !(s->caps & CAP_DEPRECATE_EOF))
        put_eof(s, out);
}

static void answer_prepare(struct null_session *s, struct reader *r, struct bytes *out)
{
    struct null_stmt *stmt = stmt_find(s, 0);
    if (!stmt) {
        put_error(s, out, 1461, "42000Can't create more prepared statements");
        return;
    }
    *stmt = (struct null_stmt){ .id = ++s->last_stmt };
    for (const uint8_t *p = r->at; p < r->end; p++)
        stmt->params = (uint16_t)(stmt->params + (*p == '?'));
    size_t at = packet_begin(out);
    bytes_int(out, 0, 1);
    bytes_int(out, stmt->id, 4);
    bytes_int(out, 1, 2);
    bytes_int(out, stmt->params, 2);
    bytes_int(out, 0, 1 + 2);
    packet_end(out, at, &s->seq);
    put_parameter_columns(s, stmt->params, out);
    put_column(s, out, "name");
    if (!(s->caps & CAP_DEPRECATE_EOF))
        put_eof(s, out);
}

/* Reads the first parameter's value. Types sent with an earlier execution are remembered. False: the
 * parameter was never bound, or is not an integer. */
static bool read_parameter(struct null_stmt *stmt, struct reader *r, uint64_t *value)
{
    *value = 0;
    if (!stmt->params)
        return true;
    (void)read_bytes(r, (stmt->params + 7u) / 8);
    if (read_int(r, 1)) {
        stmt->type = (uint8_t)read_int(r, 2);
        (void)read_bytes(r, 2u * (stmt->params - 1u));
    }
    if (stmt->type != TYPE_LONG && stmt->type != TYPE_LONGLONG)
        return false;
    *value = read_int(r, stmt->type == TYPE_LONG ? 4 : 8);
    return !r->is_bad;
}

static void answer_execute(struct null_session *s, struct reader *r, struct bytes *out)
{
    static const char *const names[] = { "name" };
    uint32_t id = (uint32_t)read_int(r, 4);
    struct null_stmt *stmt = id ? stmt_find(s, id) : NULL;
    (void)read_bytes(r, 1 + 4); /* flags (no cursor is ever opened), iterations */
    uint64_t value;
    if (!stmt) {
        put_error(s, out, 1243, "HY000Unknown prepared statement handler");
    } else if (!read_parameter(stmt, r, &value)) {
        put_error(s, out, 1210, "HY000Incorrect arguments to EXECUTE");
    } else {
        char row[32];
        name_of_row(row, sizeof row, value);
        put_columns(s, out, names, 1);
        size_t at = packet_begin(out);
        bytes_int(out, 0, 2); /* binary row, no NULLs */
        bytes_lestr(out, row, strlen(row));
        packet_end(out, at, &s->seq);
        put_end(s, out);
    }
}

static void close_stmt(struct null_session *s, struct reader *r)
{
    uint32_t id = (uint32_t)read_int(r, 4);
    struct null_stmt *stmt = id ? stmt_find(s, id) : NULL;
    if (stmt)
        *stmt = (struct null_stmt){ 0 };
}

/* ---- commands ---- */

static void reset(struct null_session *s)
{
    memset(s->stmts, 0, sizeof s->stmts);
    s->status = STATUS_AUTOCOMMIT;
}

static void answer_statistics(struct null_session *s, struct bytes *out)
{
    size_t at = packet_begin(out);
    bytes_add(out, "Uptime: 1", 9);
    packet_end(out, at, &s->seq);
}

static void answer_command(const struct null_options *o, struct null_session *s, uint64_t command,
                           struct reader *r, struct bytes *out)
{
    switch (command) {
    case COM_QUERY:
        answer_query(o, s, r, out);
        return;
    case COM_STMT_EXECUTE:
        answer_execute(s, r, out);
        return;
    case COM_STMT_PREPARE:
        answer_prepare(s, r, out);
        return;
    case COM_STMT_CLOSE:
        close_stmt(s, r);
        return;
    case COM_STMT_SEND_LONG_DATA:
        return;
    case COM_RESET_CONNECTION:
    case COM_CHANGE_USER:
        reset(s);
        put_ok(s, out, 0x00, 0);
        return;
    case COM_PING:
    case COM_INIT_DB:
    case COM_STMT_RESET:
        put_ok(s, out, 0x00, 0);
        return;
    case COM_SET_OPTION:
        put_end(s, out);
        return;
    case COM_STATISTICS:
        answer_statistics(s, out);
        return;
    default:
        put_error(s, out, 1047, "08S01Unknown command");
    }
}

bool null_answer(const struct null_options *o, struct null_session *s, const struct packet *p,
                 struct bytes *out)
{
    s->seq = (uint8_t)(p->seq + 1);
    if (!s->is_logged_in)
        return answer_login(s, p, out);
    struct reader r = reader_of(p->payload, p->len);
    uint64_t command = read_int(&r, 1);
    if (r.is_bad || command == COM_QUIT)
        return false;
    answer_command(o, s, command, &r, out);
    return true;
}

/* ---- big results ---- */

bool null_is_streaming(const struct null_session *s)
{
    return s->big_row < s->big_rows;
}

/* One row of exactly 1 KiB payload: a three-byte length, the row's number, filler. */
static void put_big_row(struct null_session *s, struct bytes *out)
{
    static uint8_t row[4 + NULL_ROW_BYTES];
    if (!row[4]) {
        memset(row, 'x', sizeof row);
        memcpy(row, (const uint8_t[]){ 0x00, 0x04, 0x00, 0x00, 0xfc, 0xfd, 0x03 }, 7);
    }
    row[3] = s->seq++;
    uint64_t number = s->big_row++;
    for (unsigned i = 10; i-- > 0; number /= 10)
        row[7 + i] = (uint8_t)('0' + number % 10);
    bytes_add(out, row, sizeof row);
}

void null_stream(struct null_session *s, struct bytes *out, size_t room)
{
    const size_t start = out->len;
    while (null_is_streaming(s) && out->len - start < room)
        put_big_row(s, out);
    if (!null_is_streaming(s))
        put_end(s, out);
}
