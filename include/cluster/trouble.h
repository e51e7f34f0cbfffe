/* Trouble: a server is alive, but refuses the probe's questions, because it is overloaded or refuses the
 * monitor's account, possibly only at a new login. The server keeps its last known state, role and lag. The
 * log and `show events` report the begin and the end of the trouble. */
#ifndef HEADGATE_CLUSTER_TROUBLE_H
#define HEADGATE_CLUSTER_TROUBLE_H

#include "cluster/member.h"

/* A probe has ended, and member_note was called for it. Trouble begins with the first such answer of a server
 * that was known before. It ends after `rise` probes in a row that pass: the probes of a server at its limit
 * pass and fail by turns. A probe that fails does not change it. */
void trouble_note(struct cluster_member *member, const struct probe_result *result);

#endif
