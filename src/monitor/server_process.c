#include "monitor/server_process.h"

/* The statement needs no privilege; on MySQL it also works with performance_schema = OFF (tested on MariaDB
 * 10.11 and 11.8, MySQL 9.7). */
#define STARTED_SQL(table)                                                                                   \
    "SELECT UNIX_TIMESTAMP() - CAST(VARIABLE_VALUE AS SIGNED) AS started, VARIABLE_VALUE AS uptime "         \
    "FROM " table " WHERE VARIABLE_NAME = 'Uptime'"

const char *server_process_sql(const struct upstream *upstream)
{
    return upstream->family == FAMILY_MYSQL ? STARTED_SQL("performance_schema.global_status")
                                            : STARTED_SQL("information_schema.GLOBAL_STATUS");
}

static uint64_t number(const struct rows *rows, const char *name)
{
    struct span value;
    uint64_t found = 0;
    bool is_there = rows_value(rows, 0, rows_column(rows, name), &value) && span_to_u64(value, &found);
    return is_there ? found : 0;
}

void server_process_read(const struct rows *rows, uint64_t now_us, struct server_process *process_r)
{
    uint64_t uptime_s = number(rows, "uptime") + 1; /* the server rounds down to whole seconds */
    bool is_older = uptime_s >= now_us / 1000000;   /* the process began before the monotonic clock */
    *process_r = (struct server_process){ .started_s = number(rows, "started"),
                                          .after_us = is_older ? 0 : now_us - uptime_s * 1000000 };
}
