/* Query attributes: named values that MySQL's clients may send beside a statement (8.0.23 and later; bit
 * CAP_QUERY_ATTRIBUTES), ahead of the text of COM_QUERY and behind the parameters of COM_STMT_EXECUTE.
 *
 *      le count | COM_QUERY: le 1 | count > 0: null bitmap | i1 1: types follow | (i2 type, s.le name)… |
 * value…
 *
 * With that bit the count is there whenever a statement has parameters, whatever the command's flags say, and
 * always in COM_QUERY. Source: protocol.md §4.2; what a server takes was asked of MySQL 9.7. Pure.
 */
#ifndef HEADGATE_MYSQL_ATTRIBUTES_H
#define HEADGATE_MYSQL_ATTRIBUTES_H

#include "base/str.h"
#include "mysql/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTRIBUTES_MAX 65535u /* of parameters and attributes together, as of parameters alone */
#define ATTRIBUTE_TEXT_MAX 24 /* a 64-bit number, its sign and a NUL */

/* What is sent beside one statement. All borrows from the payload. Zeroed: nothing. */
struct attributes {
    uint32_t count;      /* parameters included */
    size_t bound_offset; /* from the reader's beginning: the byte that says whether types follow; 0: none */
    struct span types;   /* type and name of each; no data: not sent */
    struct span nulls;   /* private, as all below: a bit for each */
    uint32_t next;       /* which one attributes_next reads */
    struct wire_reader naming; /* … where its type is */
    struct wire_reader values; /* … and its value; failed: it cannot be found */
};

struct attribute {
    struct span name;
    bool is_null;
    bool has_value;    /* found, and of a type that is known */
    uint16_t type;     /* with the bit of unsigned numbers */
    struct span value; /* as on the wire, without its length */
};

/* All but the values; `reader` is at the count, and is left at the first value. False: malformed, or not all
 * of it is there. */
bool attributes_read(struct wire_reader *reader, bool is_query, struct attributes *attributes_r);

/* One after the other, parameters first. False at the end. Values that are not there, or whose length is not
 * known for sure, have no value, nor have those behind them. */
bool attributes_next(struct attributes *attributes, struct attribute *attribute_r);

/* The values are not all there: long data of parameters was sent before. */
void attributes_lose_values(struct attributes *attributes);

/* COM_QUERY: where its text begins. `payload` from behind the command byte on; the attributes begin with the
 * first one. False: malformed (the server answers 1835, and goes on), or not all of it is there. */
bool attributes_find_text(struct span payload, struct attributes *attributes_r, size_t *offset_r);

/* Strings as they are, integers in digits written to `digits`. No data: of another type. */
struct span attribute_text(const struct attribute *attribute, char digits[ATTRIBUTE_TEXT_MAX]);

#endif
