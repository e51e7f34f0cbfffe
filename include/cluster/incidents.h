/* What is wrong with a server although it answers its probes: it refuses their questions, its replication is cut
 * off, or it has restarted. Each is told by the log and `show events`, or by the state of the server. */
#pragma once

#include "cluster/member.h"

/* A probe has ended, and member_note was called for it. Refusals begin with the first answer by which a server that
 * was known before refuses the probe's questions, because it is overloaded or refuses the monitor's account, possibly
 * only at a new login; the server keeps its last known state, role and lag. They end after `rise` probes in a row that
 * pass: the probes of a server at its limit pass and fail by turns. A probe that fails does not change them. */
void incidents_note_refusals(struct cluster_member *member, const struct probe_result *result);

/* Checks the result of a probe that has passed. A replica is cut off if its source is up, and its replication link
 * does not run ("Connecting": wrong address or password, or a broken network) or is stopped, and it reports no lag.
 * Then sets is_cut_off, raises lag_ms to the time that the link has not run while there was a server to replicate
 * from, and fills in `error` for people. That server is the source, or else the primary, and its probes must pass: if
 * both are down, the replica misses nothing, and reads continue. */
void incidents_note_cut_off(struct cluster_member *member, struct probe_result *result);

/* Checks the result of a probe that has passed, of the same machine as before, before the result becomes
 * member->last. When another process answers than before, sets member->lost_us, and adds a line to the log and an
 * event. The caller publishes. Connections to the former process are lost, also if their end never reached this
 * machine, because the server's machine died or packets were dropped: sessions would wait on them until the kernel
 * gives them up. */
void incidents_note_restart(struct cluster_member *member, const struct probe_result *result);
