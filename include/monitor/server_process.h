/* Identifies the process of a server by the time of its start: the server's present time less its uptime,
 * both from one statement. Setting the server's clock changes both by the same amount. Another time of start
 * means another process. */
#pragma once

#include "upstream/upstream.h"
#include "mysql/rows.h"

#include <stdint.h>

/* What a server says of its own process. Zeros: the server does not say. */
struct server_process {
    uint64_t started_s; /* since 1970, by the server's clock */
    uint64_t
        after_us; /* monotonic: the process started after this, if the server's clock was not set since */
};

/* The statement that asks; static text. A server may refuse it: then its process is unknown. */
const char *server_process_sql(const struct upstream *upstream);
/* Reads the answer, which came at `now_us`. */
void server_process_read(const struct rows *rows, uint64_t now_us, struct server_process *process_r);
