/* Follows one reply, packet by packet, as its bytes pass: where are we, what may come, is it over.
 *
 * Nothing is kept but a few numbers, so a reply of any size costs constant memory. It looks at no more than a
 * packet's header and its first 27 bytes, except for the packets that carry state (OK, ERR, the last EOF,
 * PREPARE_OK, LOCAL INFILE): those are handed out whole.
 *
 *      START ──OK────────────────────────────► done, or START again (MORE_RESULTS)
 *        │ ├──ERR───────────────────────────► done
 *        │ ├──LOCAL INFILE──► (client sends) ─► START
 *        │ └──count──► DEFS ──EOF?──► ROWS ──EOF / OK / ERR──► done, or START again
 *      FETCH begins in ROWS, FIELD_LIST in a DEFS without count; PREPARE: see protocol.md §4.3
 *
 * Source of the state machine: protocol.md §4.2.
 */
#ifndef HEADGATE_MYSQL_TRACKER_H
#define HEADGATE_MYSQL_TRACKER_H

#include "base/str.h"
#include "mysql/command.h"

#include <stdbool.h>
#include <stdint.h>

enum tracker_verdict {
    TRACKER_MORE,   /* `pass` bytes may go on; the rest, if any, waits for more bytes */
    TRACKER_PACKET, /* `pass` bytes may go on, then comes the packet described in `info` */
    TRACKER_DONE,   /* `pass` bytes may go on, and with them the reply is over (no packet to look at) */
    TRACKER_BAD     /* not a reply to this command: close both sides */
};

/* TRACKER_OK is also the OK that takes the place of an EOF; TRACKER_EOF is the 5-byte one, whatever was
 * agreed. */
/* An EOF between definitions and rows is handed out only when its status says SESSION_STATE_CHANGED or
 * METADATA_CHANGED, when `hands_out_eofs`, or when there are other columns than `columns_told`. */
enum tracker_packet { TRACKER_OK, TRACKER_ERR, TRACKER_EOF, TRACKER_INFILE, TRACKER_PREPARED };

struct tracker_info {
    enum tracker_packet kind;
    size_t len; /* bytes handed out, header included, right after `pass`: the whole packet, or 31 when cut */
    struct span payload; /* borrows from the fed data */
    uint8_t seq;
    bool is_last; /* with this packet the reply is over */
    bool is_cut;  /* longer than whole_max, or of several fragments: payload is its first 27 bytes, the rest
                     passes with later feeds. Never is_last: where the reply ends with it, TRACKER_DONE follows
                   */
    uint16_t status;     /* OK, EOF; 0 for others */
    uint16_t warnings;   /* OK, EOF */
    uint64_t affected;   /* OK */
    uint64_t insert_id;  /* OK */
    struct span session; /* OK: session tracking entries, empty when none or cut */
    uint16_t error;      /* ERR */
    uint32_t stmt_id;    /* PREPARED; at payload offset 1 */
    uint16_t columns;    /* PREPARED */
    uint16_t params;     /* PREPARED */
};

struct tracker {
    uint64_t caps;         /* agreed with the server */
    uint64_t rows;         /* rows seen so far in this reply */
    uint32_t results;      /* so many of its results have ended well */
    uint32_t columns;      /* of its last result; 0: it has had none with columns */
    uint64_t defs_left;    /* column definitions to come; EOFs after PREPARE without DEPRECATE_EOF */
    uint32_t left;         /* payload bytes of the current packet still to pass */
    uint32_t whole_max;    /* control packets up to this many bytes (with header) are handed out whole */
    uint8_t state;         /* private */
    uint8_t seq;           /* of the last packet header seen */
    bool is_continued;     /* the next fragment belongs to the packet before it */
    bool has_cursor;       /* EXECUTE asked for a cursor */
    bool ends_after_left;  /* a cut terminator: over when `left` is 0 */
    bool hands_out_eofs;   /* may be set after tracker_begin(): set by a caller that needs each status */
    uint16_t columns_told; /* likewise: how many it was said to have; 0: that is unknown */
    bool has_begun;        /* a first byte of the reply has been seen */
};

/* Begin to follow the reply to a command of this shape. whole_max: the reader's window size in bytes, at
 * least 64. has_cursor: EXECUTE with flags & 1. */
void tracker_begin(struct tracker *tracker, enum reply_shape shape, uint64_t caps, bool has_cursor,
                   uint32_t whole_max);

/* Look at `data`: the bytes that arrived and were neither passed nor handed out by an earlier call. *pass_r
 * leading bytes may be forwarded as they are. For TRACKER_PACKET the next call begins after pass + info->len.
 * After TRACKER_INFILE the caller relays the client's data, then feeds on. May be fed one byte more at a
 * time. After the end: no data is TRACKER_DONE, data is TRACKER_BAD. */
enum tracker_verdict tracker_feed(struct tracker *tracker, struct span data, size_t *pass_r,
                                  struct tracker_info *info);

#endif
