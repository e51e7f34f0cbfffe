#include "reply.h"
#include "login.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHY_BYTES = 200, NAME_BYTES = 15, BIG_VALUE_BYTES = 1021 };

void reply_expect(struct reply *r, enum reply_kind kind, uint64_t id, uint64_t rows)
{
    *r = (struct reply){
        .kind = kind, .id = id, .expected = rows, .seq = 1, .deprecate_eof = r->deprecate_eof
    };
}

__attribute__((format(printf, 2, 3))) static enum reply_status wrong(char why[static 200], const char *format,
                                                                     ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, WHY_BYTES, format, args);
    va_end(args);
    return REPLY_WRONG;
}

static void put_digits(char *at, unsigned count, uint64_t number)
{
    for (; count-- > 0; number /= 10)
        at[count] = (char)('0' + number % 10);
}

static bool is_point_row(const struct reply *r, const struct packet *p)
{
    char expected[2 + 1 + NAME_BYTES] = "\0\0\x0fname-";
    put_digits(expected + 8, 10, r->id);
    size_t skip = r->kind == REPLY_POINT ? 2 : 0; /* binary rows begin with a header and a NULL bitmap */
    return p->len == sizeof expected - skip && !memcmp(p->payload, expected + skip, p->len);
}

static bool is_big_row(const struct reply *r, const struct packet *p)
{
    static char filler[BIG_VALUE_BYTES - 10];
    char head[3 + 10] = "\xfc\xfd\x03";
    if (!filler[0])
        memset(filler, 'x', sizeof filler);
    put_digits(head + 3, 10, r->rows);
    return p->len == sizeof head + sizeof filler && !memcmp(p->payload, head, sizeof head) &&
           !memcmp(p->payload + sizeof head, filler, sizeof filler);
}

static enum reply_status take_row(struct reply *r, const struct packet *p, char why[static 200])
{
    bool is_right = r->kind == REPLY_BIG ? is_big_row(r, p) : is_point_row(r, p);
    if (!is_right)
        return wrong(why, "row %" PRIu64 " of the reply for id %" PRIu64 " (%zu bytes) is not as asked",
                     r->rows, r->id, p->len);
    r->rows++;
    return REPLY_MORE;
}

static bool is_end(const struct reply *r, const struct packet *p)
{
    return p->len && p->payload[0] == 0xfe && (r->deprecate_eof ? p->len < 0xffffff : p->len < 9);
}

static enum reply_status take_end(const struct reply *r, const struct packet *p, char why[static 200])
{
    struct reader in = reader_of(p->payload + 1, p->len - 1);
    if (r->deprecate_eof) {
        (void)read_lenenc(&in);
        (void)read_lenenc(&in);
    } else {
        (void)read_int(&in, 2); /* in an EOF packet the warnings come before the status */
    }
    uint64_t status = read_int(&in, 2);
    if (in.is_bad || status & STATUS_MORE_RESULTS || !(status & STATUS_AUTOCOMMIT))
        return wrong(why, "a result ended with status 0x%" PRIx64, status);
    if (r->rows != r->expected)
        return wrong(why, "%" PRIu64 " rows instead of %" PRIu64, r->rows, r->expected);
    return REPLY_DONE;
}

static enum reply_status take_prepared(struct reply *r, const struct packet *p, char why[static 200])
{
    struct reader in = reader_of(p->payload, p->len);
    uint64_t header = read_int(&in, 1);
    r->stmt = (uint32_t)read_int(&in, 4);
    uint64_t columns = read_int(&in, 2);
    uint64_t parameters = read_int(&in, 2);
    if (in.is_bad || header || columns != 1 || parameters != 1)
        return wrong(why,
                     "not the answer to a prepare: header %" PRIu64 ", %" PRIu64 " columns, %" PRIu64
                     " parameters",
                     header, columns, parameters);
    r->step = REPLY_PARAMETER;
    return REPLY_MORE;
}

static enum reply_status take_start(struct reply *r, const struct packet *p, char why[static 200])
{
    if (r->kind == REPLY_PREPARE)
        return take_prepared(r, p, why);
    if (p->len != 1 || p->payload[0] != 1)
        return wrong(why, "a result set of one column was expected, not %zu bytes", p->len);
    r->step = REPLY_COLUMN;
    return REPLY_MORE;
}

static enum reply_status take_definition(struct reply *r, const struct packet *p, char why[static 200])
{
    if (p->len < 20 || memcmp(p->payload, "\3def", 4) != 0)
        return wrong(why, "not a column definition: %zu bytes", p->len);
    if (r->step == REPLY_PARAMETER)
        r->step = r->deprecate_eof ? REPLY_COLUMN : REPLY_PARAMETERS_END;
    else if (!r->deprecate_eof)
        r->step = REPLY_COLUMNS_END;
    else if (r->kind == REPLY_PREPARE)
        return REPLY_DONE;
    else
        r->step = REPLY_ROWS;
    return REPLY_MORE;
}

static enum reply_status take_definitions_end(struct reply *r, const struct packet *p, char why[static 200])
{
    if (!is_end(r, p))
        return wrong(why, "column definitions without an end");
    if (r->step == REPLY_COLUMNS_END && r->kind == REPLY_PREPARE)
        return REPLY_DONE;
    r->step = r->step == REPLY_PARAMETERS_END ? REPLY_COLUMN : REPLY_ROWS;
    return REPLY_MORE;
}

enum reply_status reply_feed(struct reply *r, const struct packet *p, char why[static 200])
{
    if (p->len && p->payload[0] == 0xff) {
        login_describe_error(p, why);
        return REPLY_WRONG;
    }
    if (p->seq != r->seq++)
        return wrong(why, "sequence id %u instead of %u", p->seq, (unsigned)(uint8_t)(r->seq - 1));
    switch (r->step) {
    case REPLY_START:
        return take_start(r, p, why);
    case REPLY_PARAMETER:
    case REPLY_COLUMN:
        return take_definition(r, p, why);
    case REPLY_PARAMETERS_END:
    case REPLY_COLUMNS_END:
        return take_definitions_end(r, p, why);
    case REPLY_ROWS:
        return is_end(r, p) ? take_end(r, p, why) : take_row(r, p, why);
    }
    return wrong(why, "unknown step");
}
