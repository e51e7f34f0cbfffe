#include "mysql/resultset.h"

#include "mysql/caps.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

#include <assert.h>

#define COLLATION_UTF8 33u
#define COLLATION_BINARY 63u
#define FLAGS_NUMBER 0x8080u /* NUM, BINARY */
#define FLAGS_COUNT 0x0081u  /* BINARY, NOT_NULL */
#define NULL_MARK 0xFBu

static const struct {
    uint8_t type;
    uint16_t collation;
    uint16_t flags;
    uint8_t decimals;
    uint8_t widest; /* bytes of a character */
} types[] = {
    [RESULTSET_TEXT] = { 0xFD, COLLATION_UTF8, 0, 0, 3 },                 /* VAR_STRING */
    [RESULTSET_INTEGER] = { 0x08, COLLATION_BINARY, FLAGS_NUMBER, 0, 1 }, /* LONGLONG */
    [RESULTSET_COUNT] = { 0x08, COLLATION_BINARY, FLAGS_COUNT, 0, 1 },    /* LONGLONG */
    [RESULTSET_REAL] = { 0x05, COLLATION_BINARY, FLAGS_NUMBER, 0x1F, 1 }, /* DOUBLE, any number of decimals */
};

void resultset_begin(struct resultset *set, struct text *out, uint8_t seq, uint64_t caps, uint16_t status,
                     size_t columns)
{
    assert(columns > 0);
    *set = (struct resultset){ .out = out, .caps = caps, .status = status, .seq = seq, .columns = columns };
    size_t at = packet_begin(out);
    wire_put_lenenc(out, columns);
    packet_end(out, at, set->seq++);
}

void resultset_column(struct resultset *set, const char *name, enum resultset_type type, size_t bytes_max)
{
    struct text *out = set->out;
    size_t at = packet_begin(out);
    wire_put_lenenc_span(out, SPAN_LITERAL("def"));
    for (unsigned i = 0; i < 3; i++) /* schema, table and its alias */
        wire_put_lenenc(out, 0);
    wire_put_lenenc_span(out, span_cstr(name));
    wire_put_lenenc(out, 0); /* the original column name, which does not exist */
    if (set->caps & CAP_MARIADB_EXTENDED_METADATA)
        wire_put_lenenc(out, 0);
    wire_put_lenenc(out, 0x0C); /* the length of what follows */
    wire_put_u16(out, types[type].collation);
    wire_put_u32(out, (uint32_t)(bytes_max * types[type].widest));
    wire_put_u8(out, types[type].type);
    wire_put_u16(out, types[type].flags);
    wire_put_u8(out, types[type].decimals);
    wire_put_u16(out, 0);
    packet_end(out, at, set->seq++);
}

void resultset_body(struct resultset *set)
{
    if ((set->caps & CAP_DEPRECATE_EOF) == 0)
        reply_put_eof(set->out, set->seq++, set->status, set->warnings);
}

/* begin_value opens the packet of a row at the row's first value; end_value closes it after the last
 * value. */
static void begin_value(struct resultset *set)
{
    if (set->in_row == 0)
        set->row_begins = packet_begin(set->out);
}

static void end_value(struct resultset *set)
{
    if (++set->in_row < set->columns)
        return;
    packet_end(set->out, set->row_begins, set->seq++);
    set->in_row = 0;
}

void resultset_value(struct resultset *set, struct span value)
{
    begin_value(set);
    wire_put_lenenc_span(set->out, value);
    end_value(set);
}

void resultset_null(struct resultset *set)
{
    begin_value(set);
    wire_put_u8(set->out, NULL_MARK);
    end_value(set);
}

void resultset_end(struct resultset *set)
{
    assert(set->in_row == 0);
    struct reply_ok ok = { .status = set->status, .warnings = set->warnings };
    if ((set->caps & CAP_DEPRECATE_EOF) == 0)
        reply_put_eof(set->out, set->seq, set->status, set->warnings);
    else
        reply_put_ok(set->out, set->seq, set->caps, &ok, true);
}
