/* Bodies of the prepared-statement commands: ids and parameter types, found and rewritten.
 * Source: protocol.md §4.1 (EXECUTE, BULK_EXECUTE), §4.3.
 */
#ifndef HEADGATE_MYSQL_STMT_H
#define HEADGATE_MYSQL_STMT_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define STMT_ID_LAST 0xFFFFFFFFu /* MariaDB: the statement prepared last on this connection */
#define STMT_CURSOR_READ_ONLY 0x01u

struct stmt_execute {
    uint32_t id;
    uint8_t flags;
    bool has_types;    /* new_params_bound was 1 */
    struct span types; /* 2 bytes each; empty when !has_types */
    size_t
        bound_offset; /* in the payload: where the new_params_bound byte is; 0 when there are no parameters */
};

/* `payload` from the command byte on; `params` from PREPARE_OK. Only the fixed part, bitmap and types are
 * read, so a prefix of a long packet is enough if they fit in it. False: malformed or not enough bytes.
 * QUERY_ATTRIBUTES is never granted, so its forms do not occur. */
bool stmt_parse_execute(struct span payload, uint16_t params, struct stmt_execute *execute_r);

/* The same EXECUTE with another id and, when `types` is not empty and the original had none, with them
 * inserted. Appends the payload, unframed. */
void stmt_put_execute(struct text *out, struct span payload, const struct stmt_execute *execute, uint32_t id,
                      struct span types);

#endif
