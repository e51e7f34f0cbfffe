/* Renders a table as a MySQL result set. */
#pragma once

#include "admin/table.h"

/* Appends a MySQL result set to `out`, with packets numbered from `seq`. `caps` are agreed with the client,
 * `status` are the flags of the last packet. False when memory is out. */
bool table_render_mysql(const struct table *table, uint8_t seq, uint64_t caps, uint16_t status,
                        struct text *out);
