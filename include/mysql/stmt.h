/* The payloads of the prepared-statement commands: reads and rewrites statement ids and parameter types.
 * Source: protocol.md §4.1 (EXECUTE, BULK_EXECUTE), §4.3. */
#pragma once

#include "base/str.h"
#include "mysql/attributes.h"

#include <stdbool.h>
#include <stdint.h>

#define STMT_ID_LAST 0xFFFFFFFFu /* MariaDB: the statement prepared last on this connection */
#define STMT_EXECUTE_FIXED 10u   /* bytes: command, id, flags, iteration count */
#define STMT_CURSOR_READ_ONLY 0x01u
#define STMT_HAS_COUNT 0x08u /* attributes may follow although there are no parameters */

struct stmt_execute {
    uint32_t id;
    uint8_t flags;
    bool has_types;      /* new_params_bound was 1 */
    bool has_attributes; /* the payload has the form with query attributes: names and a count */
    struct span types;   /* of the parameters: 2 bytes each, with attributes followed by a name; empty when
                          * !has_types */
    size_t bound_offset; /* offset in the payload of the new_params_bound byte; 0: no types can be inserted */
    struct attributes attributes; /* with has_attributes: parameters first, then attributes */
};

/* Parses COM_STMT_EXECUTE. `payload` begins with the command byte; `params` comes from PREPARE_OK;
 * `has_attributes`: CAP_QUERY_ATTRIBUTES was agreed. Reads only the fixed part, the bitmap, the types and the
 * names, so a prefix of a long packet that holds these is enough. False: malformed or incomplete. If the
 * number of values does not fit the number of parameters, has_types is false and bound_offset is 0, so that
 * stmt_put_execute inserts no types: the server refuses such a packet. */
bool stmt_parse_execute(struct span payload, uint16_t params, bool has_attributes,
                        struct stmt_execute *execute_r);

/* Appends the payload of the same EXECUTE with another id, unframed. If `types` (of an EXECUTE of the same
 * form) is not empty and the original had none, they are inserted with empty names: a name belongs to one
 * execution. */
void stmt_put_execute(struct text *out, struct span payload, const struct stmt_execute *execute, uint32_t id,
                      struct span types);

/* The first parameter of a whole EXECUTE as an unsigned number. Accepts an integer, a string or DECIMAL of
 * digits, a FLOAT or DOUBLE (rounded as servers do); NULL is 0, and a negative number is its 64-bit two's
 * complement. `types`: the types sent last, used if this EXECUTE has none. False: another type, or the value
 * is missing. */
bool stmt_first_number(struct span payload, const struct stmt_execute *execute, struct span types,
                       uint64_t *number_r);
