/* Queries that MySQL clients and drivers send by themselves, before and between the commands of their user:
 * SET NAMES, SELECT @@version_comment, SHOW VARIABLES, SELECT DATABASE(). Without an answer a client does not
 * start.
 *
 * Pure. The admin console for MySQL clients calls this first; any other text is an admin command. */
#pragma once

#include "admin/table.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

/* The version in the greeting. The answers below are those of a server of this version. */
#define DRIVER_QUERY_VERSION "8.0.36-headgate"
#define DRIVER_QUERY_COLUMNS_MAX 64
#define DRIVER_QUERY_NAME_MAX 128
#define DRIVER_QUERY_UNKNOWN_VARIABLE 1193 /* err->code: ER_UNKNOWN_SYSTEM_VARIABLE */

enum driver_query_verdict {
    DRIVER_QUERY_NONE,  /* not a driver query: an admin command */
    DRIVER_QUERY_OK,    /* accepted without effect */
    DRIVER_QUERY_TABLE, /* `table` holds the answer */
    DRIVER_QUERY_ERROR  /* `err` holds the answer */
};

/* The client, and memory for the columns of an answer. */
struct driver_queries {
    const char *user;       /* borrows */
    uint32_t connection_id; /* as in the greeting */
    struct column columns[DRIVER_QUERY_COLUMNS_MAX];
    char names[DRIVER_QUERY_COLUMNS_MAX][DRIVER_QUERY_NAME_MAX];
};

/* Answers one statement `sql`, as the client sent it. With DRIVER_QUERY_TABLE the caller frees `table_r`
 * before the next call: the table borrows its columns from `client`. */
enum driver_query_verdict driver_queries_answer(struct driver_queries *client, struct span sql,
                                                struct table *table_r, struct error *err);
