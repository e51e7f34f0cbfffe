/* The state REPLYING: the reply of the present command goes to the client. Packets that carry state are
 * noted; some are replaced by what the client would get on a direct connection.
 *
 *      pass_reply_step ─┬─► pass_reply_once ─┬─► relay_look ─► a packet ─┬─► reply_effects_note, relay_pass
 *      send_file_step ──┘                    │                           └─► refusal_leave: it is no answer
 *                                            └─► relay_pump
 *      the reply is over ─► command_end, command_done
 */
#ifndef HEADGATE_COMMAND_PASS_REPLY_H
#define HEADGATE_COMMAND_PASS_REPLY_H

#include "session/session.h"

/* The step of REPLYING. */
enum step pass_reply_step(struct session *session);
/* Passes on the part of the reply that has arrived. STEP_MORE: all of it is sent, or the session is in
 * another state now. */
enum step pass_reply_once(struct session *session, struct upstream *upstream);

#endif
