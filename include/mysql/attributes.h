/* Query attributes: named values that MySQL clients may send with a statement (8.0.23 and later, capability
 * bit CAP_QUERY_ATTRIBUTES). They stand before the text of COM_QUERY and after the parameters of
 * COM_STMT_EXECUTE.
 *
 *      le count | COM_QUERY: le 1 | count > 0: null bitmap | i1 1: types follow |
 *      (i2 type, s.le name)… | value…
 *
 * With that capability bit, COM_QUERY always has the count. COM_STMT_EXECUTE has it whenever the statement
 * has parameters, whatever the command's flags are. Source: protocol.md §4.2; which forms a server accepts
 * was tested with MySQL 9.7. Pure. */
#pragma once

#include "base/str.h"
#include "mysql/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTRIBUTES_MAX 65535u /* parameters and attributes together; the same limit as for parameters alone */
#define ATTRIBUTE_TEXT_MAX 24 /* a 64-bit number, its sign and a NUL */

/* The attributes of one statement. All spans borrow from the payload. Zeroed: no attributes. */
struct attributes {
    uint32_t count;      /* parameters included */
    size_t bound_offset; /* from the reader's start to the byte that says whether types follow; 0: no such
                          * byte */
    struct span types;   /* type and name of each attribute; no data: the client sent none */
    struct span nulls;   /* private, as are all fields below: one bit per attribute */
    uint32_t next;       /* index of the attribute that attributes_next reads next */
    struct wire_reader naming; /* at the type and name of attribute `next` */
    struct wire_reader values; /* at the value of attribute `next`; failed: its position is unknown */
};

struct attribute {
    struct span name;
    bool is_null;
    bool has_value;    /* the value was found and its type is known */
    uint16_t type;     /* includes TYPE_UNSIGNED, the bit of unsigned numbers */
    struct span value; /* as on the wire, without its length prefix */
};

/* Reads everything except the values. `reader` starts at the count and ends at the first value. False:
 * malformed or incomplete. */
bool attributes_read(struct wire_reader *reader, bool is_query, struct attributes *attributes_r);

/* Returns one attribute after the other, parameters first. False at the end. An attribute has no value when
 * its value is missing or its length is unknown; then all later attributes have no value either. */
bool attributes_next(struct attributes *attributes, struct attribute *attribute_r);

/* Marks all values as missing: long data of parameters was sent earlier, so the values are not all in this
 * packet. */
void attributes_lose_values(struct attributes *attributes);

/* COM_QUERY: finds the start of the statement's text. `payload` begins after the command byte, with the
 * attributes. False: malformed (a server answers error 1835 and the connection stays usable), or
 * incomplete. */
bool attributes_find_text(struct span payload, struct attributes *attributes_r, size_t *offset_r);

/* The value as text: a string as sent, an integer as decimal digits written to `digits`. No data: the value
 * is of another type or missing. */
struct span attribute_text(const struct attribute *attribute, char digits[ATTRIBUTE_TEXT_MAX]);
