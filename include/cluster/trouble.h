/* A server that answers its probes, but not with what was asked: it is overloaded, or refuses the monitor, if
 * only at a new login. The server keeps its state, role and lag as last known. The log and `show events`
 * report the begin and the end of the trouble.
 */
#ifndef HEADGATE_CLUSTER_TROUBLE_H
#define HEADGATE_CLUSTER_TROUBLE_H

#include "cluster/member.h"

/* A probe has ended, and its health has been noted. Trouble begins with the first such answer of a server
 * that was known before, and is over after `rise` probes in a row that pass, as a server at its limit
 * alternates. A probe that fails does not change it. */
void trouble_note(struct cluster_member *member, const struct probe_result *result);

#endif
