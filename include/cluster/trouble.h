/* A server that answers its probes, and not with what was asked: it is overloaded, or refuses the monitor, be
 * it only when that logs in anew. It keeps its state, its role and its lag as they were last known; so the
 * log and `show events` hear of it here, when it begins and when it is over.
 */
#ifndef HEADGATE_CLUSTER_TROUBLE_H
#define HEADGATE_CLUSTER_TROUBLE_H

#include "cluster/member.h"

/* A probe has ended, and health has heard of it. Trouble begins with the first such answer, of a server that
 * was known before; it is over after `rise` probes in a row that pass: one that is at its limit goes to and
 * fro. A failure says nothing about it. */
void trouble_note(struct cluster_member *member, const struct probe_result *result);

#endif
