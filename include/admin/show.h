/* The SHOW commands, and RESET DIGESTS. Each fills request->table, with the columns that are declared beside
 * it, and calls request->on_done, now or when the workers have answered. */
#pragma once

#include "admin/request.h"
#include "sql/classify.h"

#define SHOW(name)                                                                                           \
    void name(struct request *request);                                                                      \
    extern const struct columns name##_columns

SHOW(show_servers);
SHOW(show_sessions);
SHOW(show_version);

SHOW(show_clusters); /* the cluster that the argument names, or all */
SHOW(show_events);   /* oldest first, one cluster after the other */

/* The statement tables of all workers, added up. The argument: empty for all statements, "10" or "top 10" for
 * those that took the most time. If statements were counted without a row of their own, their common row
 * comes last, whatever the argument. */
SHOW(show_digests);
SHOW(reset_digests);

SHOW(show_limits); /* limits of clients and connections, and the number of clients refused because of them */
SHOW(show_pins);   /* causes that keep connections of sessions from being shared, and how often they occur */
SHOW(show_pools);  /* connections to servers by account, and the sessions that wait for a connection */

/* The running configuration. Passwords are never shown. */
SHOW(show_listeners);
SHOW(show_users);  /* the account that the argument names, or all */
SHOW(show_config); /* settings whose name begins with the argument, or all; secrets as "***" */

/* Three cells: what is used of the limit, the limit (null: none), how often it has refused. */
void show_limit(struct table *table, const struct limit *limit);

/* Routines, views and tables with triggers. The argument is a schema; empty: all schemas except sys. */
SHOW(show_routines);
/* For EXPLAIN: appends to `said` the stored code that a statement runs and its effects, "procedure p: writes,
 * through function f". Appends nothing if the statement runs none. */
void show_routines_of(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect,
                      struct text *said);
