/* Packets: i3 length, i1 sequence id, payload. A packet with a payload of 0xFFFFFF bytes continues in the
 * next packet, even if that one is empty. A "logical packet" is all its fragments together. */
#pragma once

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

/* Writes one packet: packet_begin reserves the header and returns its position, packet_end fills it in. The
 * payload must be shorter than PACKET_PAYLOAD_MAX.
 *
 *      size_t at = packet_begin(out); wire_put_…(out, …); packet_end(out, at, seq); */
size_t packet_begin(struct text *out);
void packet_end(struct text *out, size_t at, uint8_t seq);

/* Appends a whole payload in as many fragments as needed, numbered from `seq`. Returns the next sequence
 * id. */
uint8_t packet_put(struct text *out, uint8_t seq, struct span payload);

/* Follows the fragments of logical packets through a byte stream without keeping the bytes: for commands
 * larger than the window and for the data of LOAD DATA LOCAL. */
struct packet_run {
    uint8_t header[PACKET_HEADER_BYTES]; /* of the current fragment, as many bytes as have arrived */
    uint8_t header_len;
    uint32_t left;          /* payload bytes of this fragment still to come */
    uint64_t payload_bytes; /* of the logical packet so far */
    uint8_t seq;            /* sequence id of the last fragment header */
    bool is_continued;      /* the current fragment belongs to the same logical packet as the one before it */
    bool is_complete;       /* the logical packet ended with the last byte fed */
};

void packet_run_begin(struct packet_run *run);

/* Returns how many of the leading bytes belong to the current logical packet, headers included. Stops right
 * after its end and sets is_complete. Call packet_run_begin for the next logical packet. */
size_t packet_run_feed(struct packet_run *run, struct span bytes);

/* Like packet_run_feed, for the many packets of a LOAD DATA LOCAL file: continues from one packet to the next
 * and sets is_complete at the empty packet that ends the file. Between packets `seq` is that of the last
 * header. */
size_t packet_run_feed_file(struct packet_run *run, struct span bytes);
