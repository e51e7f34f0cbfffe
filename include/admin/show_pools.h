/* SHOW POOLS: connections to servers by account, and the sessions that wait for a connection. */
#ifndef HEADGATE_ADMIN_SHOW_POOLS_H
#define HEADGATE_ADMIN_SHOW_POOLS_H

#include "admin/request.h"

void show_pools(struct request *request);

extern const struct columns show_pools_columns;

#endif
