/* Follows one reply packet by packet while its bytes pass: which packets may come next, and whether the reply
 * has ended.
 *
 * The tracker keeps only a few numbers, so a reply of any size needs constant memory. It reads no more than a
 * packet's header and first 27 bytes. Packets that carry state (OK, ERR, the last EOF, PREPARE_OK, LOCAL
 * INFILE) are handed out whole.
 *
 *      START ──OK────────────────────────────► end, or START again (MORE_RESULTS)
 *        │ ├──ERR───────────────────────────► end
 *        │ ├──LOCAL INFILE──► (client sends) ─► START
 *        │ └──count──► DEFS ──EOF?──► ROWS ──EOF / OK / ERR──► end, or START again
 *      FETCH begins in ROWS, FIELD_LIST in FIELDS (definitions, no count); PREPARE: see protocol.md §4.3
 *
 * Source of the state machine: protocol.md §4.2. */
#pragma once

#include "base/str.h"
#include "mysql/command.h"

#include <stdbool.h>
#include <stdint.h>

enum tracker_verdict {
    TRACKER_MORE,   /* `pass` bytes may be forwarded; the remaining ones, if any, wait for more bytes */
    TRACKER_PACKET, /* `pass` bytes may be forwarded, then comes the packet described in `info` */
    TRACKER_DONE,   /* `pass` bytes may be forwarded, and the reply ends with them (no packet is handed
                     * out) */
    TRACKER_BAD     /* not a reply to this command: close both sides */
};

/* TRACKER_OK is also the OK that replaces an EOF. TRACKER_EOF is the 5-byte EOF, whatever was agreed. */
/* An EOF between definitions and rows is handed out only if its status has SESSION_STATE_CHANGED or
 * METADATA_CHANGED, if it opens a cursor, if `hands_out_eofs`, or if the number of columns differs from
 * `columns_told`. */
enum tracker_packet { TRACKER_OK, TRACKER_ERR, TRACKER_EOF, TRACKER_INFILE, TRACKER_PREPARED };

struct tracker_info {
    enum tracker_packet kind;
    size_t len; /* bytes handed out right after `pass`, header included: the whole packet, or 31 when cut */
    struct span payload; /* borrows from the fed data */
    uint8_t seq;
    bool is_last; /* the reply ends with this packet */
    bool is_cut;  /* longer than whole_max, or of several fragments: payload is the first 27 bytes, the rest
                   * passes with later feeds. Never is_last: if the reply ends with this packet, TRACKER_DONE
                   * follows */
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
    uint32_t results;      /* results of this reply that ended without an error */
    uint32_t columns;      /* columns of the last result set; 0: no result set yet */
    uint64_t defs_left;    /* column definitions to come; after PREPARE without DEPRECATE_EOF: EOFs to come */
    uint32_t left;         /* payload bytes of the current packet that have not passed yet */
    uint32_t whole_max;    /* control packets up to this many bytes (with header) are handed out whole */
    uint8_t state;         /* private */
    uint8_t seq;           /* of the last packet header seen */
    bool is_continued;     /* the next fragment belongs to the packet before it */
    bool has_cursor;       /* EXECUTE asked for a cursor */
    bool ends_after_left;  /* the last packet was cut: the reply ends when `left` is 0 */
    bool hands_out_eofs;   /* set after tracker_begin() by a caller that needs every status */
    uint16_t columns_told; /* set after tracker_begin(): number of columns that the client was told; 0:
                            * unknown */
};

/* Begins to follow the reply to a command of this shape. whole_max: the reader's window size in bytes, at
 * least 64. has_cursor: EXECUTE with flags & 1. */
void tracker_begin(struct tracker *tracker, enum reply_shape shape, uint64_t caps, bool has_cursor,
                   uint32_t whole_max);

/* Reads `data`: the bytes that have arrived and were neither passed nor handed out by an earlier call.
 * *pass_r leading bytes may be forwarded unchanged. After TRACKER_PACKET the next call begins after pass +
 * info->len. After TRACKER_INFILE the caller relays the client's data, then feeds the rest of the reply. May
 * be fed one byte at a time. After the end of the reply, empty data is TRACKER_DONE, other data is
 * TRACKER_BAD. */
enum tracker_verdict tracker_feed(struct tracker *tracker, struct span data, size_t *pass_r,
                                  struct tracker_info *info);
