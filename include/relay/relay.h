/* Moves the bytes of one command to a server, and of its reply to the client. Both directions go from the
 * window that they were read into to the other socket, without a copy. If one side cannot be written to, the
 * window stays full, and the other side is not read.
 *
 *      client.in ──(relay_send_command, relay_send_file)──► server
 *      client    ◄──(relay_pump)── server.in ◄── relay_look: which bytes may go, and which packets matter
 *
 * The functions move bytes and report what happened. The callers decide what follows (command/transfer). */
#pragma once

#include "upstream/upstream.h"
#include "net/stream.h"
#include "state/job.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- the command ---- */

enum relay_sent {
    RELAY_SENT_ALL,
    RELAY_SENT_SOME,   /* all that has arrived; the client must send more */
    RELAY_SENT_SLOWLY, /* the server must read some bytes first */
    RELAY_SENT_IN_VAIN /* the server's socket has failed */
};

/* Sends the job's rewritten bytes, then the client's. While job.is_kept is set, the client's bytes stay in
 * the window. */
enum relay_sent relay_send_command(struct job *job, struct stream *client, struct stream *server);
/* True if no byte of the command has been sent. */
bool relay_has_sent_nothing(const struct job *job, const struct stream *client);
/* Prepares the command for another server: goes back to the client's own bytes, which are still in the
 * window. */
void relay_take_back(struct job *job, struct stream *client);

/* The server asks for the client's file, in the packet numbered `seq`. */
void relay_begin_file(struct job *job, uint8_t seq);
/* As relay_send_command, for the client's file, up to its empty packet. */
enum relay_sent relay_send_file(struct job *job, struct stream *client, struct stream *server);

/* ---- the reply ---- */

enum relay_seen {
    RELAY_SEEN_ALL,     /* all that has arrived, or the reply is over (job.reply.is_over) */
    RELAY_SEEN_PACKET,  /* `info_r` is next in the server's window: relay_pass, _discard or _remove */
    RELAY_SEEN_NONSENSE /* not a reply to this command */
};

/* Reads what has arrived, up to a packet that carries state. Rows are marked as parsed: they may be passed
 * on. */
enum relay_seen relay_look(struct job *job, struct stream *client, struct upstream *upstream,
                           struct tracker_info *info_r);
/* The packet may go to the client as it is. */
void relay_pass(struct job *job, struct stream *client, struct upstream *upstream,
                const struct tracker_info *info);
/* Removes this packet, in whose place a packet of headgate's own goes: the caller calls relay_keep_passed,
 * appends to client.out, then calls relay_remove. */
void relay_remove(struct job *job, struct stream *client, struct upstream *upstream,
                  const struct tracker_info *info);
/* Discards a packet that does not go to the client. Nothing of the reply has begun. */
void relay_discard(struct upstream *upstream, const struct tracker_info *info);
/* Sends all parsed bytes of the reply to the client. STREAM_OK: all were sent. */
enum stream_result relay_pump(struct stream *client, struct stream *server);
/* Makes the window larger if a packet that must be read as a whole does not fit. False when memory is out. */
bool relay_make_room(struct upstream *upstream);

/* Moves the parsed bytes to client.out, so that packets of headgate's own can follow them. */
void relay_keep_passed(struct stream *client, struct stream *server);
/* The sequence number that the client expects of the next packet: that of the last packet in either
 * direction, plus one. */
uint8_t relay_next_seq(const struct job *job, const struct upstream *upstream);
