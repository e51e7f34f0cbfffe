/* Does a replica replicate? One that does not may be up, and is a problem for an operator all the same. Pure.
 */
#ifndef HEADGATE_CLUSTER_REPLICATION_H
#define HEADGATE_CLUSTER_REPLICATION_H

#include "cluster/server.h"

#include <stdbool.h>

struct probe_result;

enum replication_fault {
    REPLICATION_SOUND,   /* it replicates, or need not: it is no replica, or its source is away */
    REPLICATION_STOPPED, /* a thread of a link is stopped, by a command or by an error: it takes no reads */
    REPLICATION_CUT_OFF  /* a link tries to run and does not, though there is a server to follow: cut_off.h */
};

/* Of a server in that role, by the last probe that passed. */
enum replication_fault replication_judge(const struct probe_result *last, enum server_role role);

/* Has it a source that it is to follow, and may be behind? Not one that is open for writes and whose links
 * are all stopped, as after a promotion by STOP alone, unless it is configured as a replica. */
bool replication_is_wanted(const struct probe_result *last, enum role_setting setting);

/* For people; static. */
const char *replication_words(enum replication_fault fault);

#endif
