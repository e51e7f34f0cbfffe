/* Settings of statement statistics: digests, the log of slow statements, the log of some or all statements. */
#pragma once

#include "settings/schema.h"

struct statement_settings {
    int64_t digests;  /* rows per worker; 0: off */
    uint64_t slow_us; /* 0: off */
    char *slow_file;
    int64_t sample; /* every n-th statement goes to query_file; 0: none */
    char *query_file;
    int format; /* enum log_format */
    bool literals;
};

extern const struct section statement_section;
