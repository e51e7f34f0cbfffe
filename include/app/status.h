/* How headgate is, in the one line that `systemctl status` shows of it. */
#ifndef HEADGATE_APP_STATUS_H
#define HEADGATE_APP_STATUS_H

#include "cluster/cluster.h"

#include <stddef.h>

/* Gives `tell` (notify_ready or notify_status) a line such as "main: db1 is the primary, 2 of 3 servers are
 * up"; `tell` does not keep it. On the control thread, to which `clusters` (count of them) belong. */
void status_tell(const struct cluster *clusters, size_t count, void (*tell)(const char *status));

#endif
