/* What the files that relay a reply share; the steps, and what others need of it, are in session/session.
 *
 *      relay_replying ─┬─► relay_once ─► look ─► pass_packet ─► reply_effects_note
 *      relay_infile ───┘       │                      └─► relay_name_statement, relay_replace_packet
 *                              └─► relay_begin_file
 */
#ifndef HEADGATE_RELAY_RELAY_INSIDE_H
#define HEADGATE_RELAY_RELAY_INSIDE_H

#include "session/session.h"

/* One look at the reply, and one pump to the client. MORE: what there was is sent; or the session is in
 * another state now. WAIT, GONE: as of a step. */
enum step relay_once(struct session *session, struct upstream *upstream);

/* Can the packet go to the client as it is? */
bool relay_is_same_for_client(const struct session *session, const struct tracker_info *info);
/* Puts a packet of our own, OK or EOF, in the place of the server's, which comes next in the upstream's
 * window: what stood before it goes first. */
void relay_replace_packet(struct session *session, struct upstream *upstream,
                          const struct tracker_info *info);
/* A PREPARE has succeeded: the statement is the session's from now on, and the packet, next in the window,
 * gets the client's id in the place of the server's. False: memory is out. */
bool relay_name_statement(struct session *session, struct upstream *upstream,
                          const struct tracker_info *info);

/* The reply is over: what the client knows of the columns of the statement that it has executed. */
void relay_note_columns(struct session *session, const struct upstream *upstream);

/* The server asks for the client's file, in the packet numbered `seq`: INFILE. */
void relay_begin_file(struct session *session, uint8_t seq);

#endif
