/* The state of the clusters in one line, for `systemctl status`. */
#pragma once

#include "cluster/cluster.h"

#include <stddef.h>

/* Calls `tell` (notify_ready or notify_status) with a line such as "main: db1 is the primary, 2 of 3 servers
 * are up". The line is freed when `tell` returns. `clusters`: an array of `count`. Call from the control
 * thread. */
void status_tell(const struct cluster *clusters, size_t count, void (*tell)(const char *status));
