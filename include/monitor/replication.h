/* Does a replica replicate? A replica that does not may be up, but is a problem that an operator must solve.
 * Pure. */
#pragma once

#include "upstream/server.h"

#include <stdbool.h>

struct probe_result;

enum replication_fault {
    REPLICATION_SOUND,   /* the server replicates, or need not: it is no replica, or its source is down */
    REPLICATION_STOPPED, /* a thread of a link is stopped, by a command or by an error: the server takes no
                            reads */
    REPLICATION_CUT_OFF  /* a link does not run, though there is a server to follow: cluster/incidents.h */
};

/* The fault of a server in that role, by the last probe that passed. */
enum replication_fault replication_judge(const struct probe_result *last, enum server_role role);

/* Is the server meant to follow a source, so that it may lag? False for a server that is open for writes and
 * whose links are all stopped, as after a promotion by STOP REPLICA alone, unless it is configured as a
 * replica. */
bool replication_is_wanted(const struct probe_result *last, enum role_setting setting);

/* Words for people; static text. */
const char *replication_words(enum replication_fault fault);
