/* The states SENDING, REPLYING and INFILE: the bytes of the present command go to its server, those of the reply
 * to the client. Packets that carry state are noted; some are replaced by what the client would get on a direct
 * connection.
 *
 *      transfer_command ─► relay_send_command
 *      transfer_reply ─┬─► relay_look ─► a packet ─┬─► reply_effects_note, relay_pass
 *      transfer_file ──┘                           └─► retry_refused: it is no answer
 *                      └─► relay_pump
 *      the reply is over ─► command_end, command_done */
#pragma once

#include "session/session.h"

/* The step of SENDING. */
enum step transfer_command(struct session *session);
/* The step of REPLYING. */
enum step transfer_reply(struct session *session);
/* The step of INFILE: the client's file goes to the server (LOAD DATA LOCAL). The server may answer before the
 * file is complete. */
enum step transfer_file(struct session *session);
