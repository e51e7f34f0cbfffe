/* Packets: i3 length, i1 sequence id, payload; a payload of 0xFFFFFF bytes continues in the next packet, even
 * if that one is empty. "Logical" means all fragments together.
 */
#ifndef HEADGATE_MYSQL_PACKET_H
#define HEADGATE_MYSQL_PACKET_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define PACKET_HEADER_BYTES 4
#define PACKET_PAYLOAD_MAX 0xFFFFFFu

struct packet_header {
    uint32_t len; /* payload bytes of this fragment */
    uint8_t seq;
};

/* False when fewer than four bytes are there. */
bool packet_peek(struct span bytes, struct packet_header *header_r);

/* Writing: begin remembers where the header goes, end fills it in. The payload must be under
 * PACKET_PAYLOAD_MAX. size_t at = packet_begin(out); wire_put_…(out, …); packet_end(out, at, seq);
 */
size_t packet_begin(struct text *out);
void packet_end(struct text *out, size_t at, uint8_t seq);

/* A whole payload, split into as many fragments as it needs, numbered from `seq`. Returns the next sequence
 * id. */
uint8_t packet_put(struct text *out, uint8_t seq, struct span payload);

/* Follows the fragments of one logical packet after another through a byte stream, without keeping any of it:
 * for commands larger than the window and for the data of LOAD DATA LOCAL. */
struct packet_run {
    uint8_t header[PACKET_HEADER_BYTES]; /* of the fragment being read, as far as it has come */
    uint8_t header_len;
    uint32_t left;          /* payload bytes to come in this fragment */
    uint64_t payload_bytes; /* of the logical packet so far */
    uint8_t seq;            /* of the last fragment header */
    bool is_continued;      /* the fragment being read, or awaited, belongs to the one before it */
    bool is_complete;       /* the logical packet ended with the last byte fed */
};

void packet_run_begin(struct packet_run *run);

/* How many of the leading bytes belong to the current logical packet (headers included); stops right after
 * its end and sets is_complete. Call packet_run_begin for the next one. */
size_t packet_run_feed(struct packet_run *run, struct span bytes);

/* The same for a client's file, which is many packets: goes on from one to the next by itself, and sets
 * is_complete with the empty one that ends the file. `seq` stays that of the last header between packets. */
size_t packet_run_feed_file(struct packet_run *run, struct span bytes);

#endif
