/* Sequence numbers of packets inside the compressed protocol. There servers number packets by the frames that
 * they have read and written (MySQL since version 5, MariaDB; seen on MySQL 9 and MariaDB 10.11). Without
 * compression each packet of an exchange has the number after that of the packet before it, whichever side
 * sent that. headgate's clients expect the numbers of the uncompressed protocol. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The position of one direction in its packets. */
struct numbering_side {
    uint32_t left; /* bytes of the current packet still to come */
    uint32_t len;  /* length of the packet, from the header bytes read so far */
    uint8_t header_len;
};

struct numbering {
    struct numbering_side sent, received;
    uint8_t last;      /* sequence number of the last packet of either side */
    bool has_answered; /* the server sent the last packet */
};

/* Notes bytes that were sent to the server. */
void numbering_note(struct numbering *numbering, const uint8_t *bytes, size_t len);

/* Corrects the packet numbers in bytes received from the server. A number 0 on the first packet after a
 * sent one is kept: no answer has number 0, but the error that a server sends before it closes the
 * connection has. */
void numbering_correct(struct numbering *numbering, uint8_t *bytes, size_t len);
