/* A table as a MySQL result set. */
#ifndef HEADGATE_ADMIN_TABLE_MYSQL_H
#define HEADGATE_ADMIN_TABLE_MYSQL_H

#include "admin/table.h"

/* A MySQL result set, numbered from `seq`; `caps` are agreed with the client, `status` are the flags of its
 * last packet. Appends to `out`; false when memory is out. */
bool table_render_mysql(const struct table *table, uint8_t seq, uint64_t caps, uint16_t status,
                        struct text *out);

#endif
