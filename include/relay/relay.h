/* The bytes of one command to a server, and of its reply to the client. Both directions go from the window
 * that they were read into to the other socket, without a copy; a side that cannot be written to stops the
 * other one from being read, because its window stays full.
 *
 *      client.in ──(relay_send_command, relay_send_file)──► server
 *      client    ◄──(relay_pump)── server.in ◄── relay_look: which of it may go, and which packets matter
 *
 * The functions move bytes and say what has happened; what follows is up to the caller (session/send_command,
 * session/send_file, session/pass_reply).
 */
#ifndef HEADGATE_RELAY_RELAY_H
#define HEADGATE_RELAY_RELAY_H

#include "cluster/upstream.h"
#include "net/stream.h"
#include "state/job.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- the command ---- */

enum relay_sent {
    RELAY_SENT_ALL,
    RELAY_SENT_SOME,   /* all there was: the client must send more */
    RELAY_SENT_SLOWLY, /* the server must take some first */
    RELAY_SENT_IN_VAIN /* the server's socket has failed */
};

/* Sends the job's rewritten bytes, then the client's. While job.is_kept they stay in the window. */
enum relay_sent relay_send_command(struct job *job, struct stream *client, struct stream *server);
/* Not a byte of the command has gone out. */
bool relay_has_sent_nothing(const struct job *job, const struct stream *client);
/* The command is to be sent again, elsewhere: back to the client's own bytes, which the window still has. */
void relay_take_back(struct job *job, struct stream *client);

/* The server asks for the client's file, in the packet numbered `seq`. */
void relay_begin_file(struct job *job, uint8_t seq);
/* The same as relay_send_command, of the client's file, up to its empty packet. */
enum relay_sent relay_send_file(struct job *job, struct stream *client, struct stream *server);

/* ---- the reply ---- */

enum relay_seen {
    RELAY_SEEN_ALL,     /* that has come, or the reply is over (job.reply.is_over) */
    RELAY_SEEN_PACKET,  /* `info_r` is next in the server's window: relay_pass, relay_discard, or relay_remove
                         */
    RELAY_SEEN_NONSENSE /* not a reply to this command */
};

/* Looks at what has come, up to a packet that carries state. Rows are marked as looked at: they may go. */
enum relay_seen relay_look(struct job *job, struct stream *client, struct upstream *upstream,
                           struct tracker_info *info_r);
/* The packet may go to the client as it is. */
void relay_pass(struct job *job, struct stream *client, struct upstream *upstream,
                const struct tracker_info *info);
/* A packet of headgate's own goes in the place of this one: relay_keep_passed first, then the caller appends
 * to client.out, then relay_remove. */
void relay_remove(struct job *job, struct stream *client, struct upstream *upstream,
                  const struct tracker_info *info);
/* The packet is for nobody: nothing of the reply has begun. */
void relay_discard(struct upstream *upstream, const struct tracker_info *info);
/* Everything looked at goes to the client. OK: it went. */
enum stream_result relay_pump(struct stream *client, struct stream *server);
/* A packet that must be seen whole may be longer than the window. False when memory is out. */
bool relay_make_room(struct upstream *upstream);

/* Moves what has been looked at to client.out, so that packets of headgate's own can follow it. */
void relay_keep_passed(struct stream *client, struct stream *server);
/* The number that the client expects of the next packet: one more than that of the last one, whoever sent it.
 */
uint8_t relay_next_seq(const struct job *job, const struct upstream *upstream);

#endif
