/* Bodies of the prepared-statement commands: ids and parameter types, found and rewritten.
 * Source: protocol.md §4.1 (EXECUTE, BULK_EXECUTE), §4.3.
 */
#ifndef HEADGATE_MYSQL_STMT_H
#define HEADGATE_MYSQL_STMT_H

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
    bool has_attributes; /* it is of the form that has names and a count */
    struct span types;   /* of the parameters: 2 bytes each, or those and a name; empty when !has_types */
    size_t bound_offset; /* in the payload: the new_params_bound byte; 0: there is nothing to be bound */
    struct attributes attributes; /* has_attributes: parameters first */
};

/* `payload` from the command byte on; `params` from PREPARE_OK; `has_attributes`: CAP_QUERY_ATTRIBUTES was
 * agreed. Only the fixed part, bitmap, types and names are read, so a prefix of a long packet is enough if
 * they fit in it. False: malformed or not enough bytes. What has another number of parameters than the
 * statement is the server's to refuse: it has no types here, and is never given any. */
bool stmt_parse_execute(struct span payload, uint16_t params, bool has_attributes,
                        struct stmt_execute *execute_r);

/* The same EXECUTE with another id and, when `types` (of an EXECUTE of the same form) is not empty and the
 * original had none, with them inserted, their names left out: a name is for one execution. Appends the
 * payload, unframed. */
void stmt_put_execute(struct text *out, struct span payload, const struct stmt_execute *execute, uint32_t id,
                      struct span types);

/* The first parameter of a whole EXECUTE as an unsigned number: an integer, digits as a string or DECIMAL, or
 * a FLOAT or DOUBLE, rounded as servers do; NULL is 0, and a negative number is one of 64 bits. `types`:
 * those sent last, for an EXECUTE without any. False: it is none of these, or its value is not there. */
bool stmt_first_number(struct span payload, const struct stmt_execute *execute, struct span types,
                       uint64_t *number_r);

#endif
