/* The numbers of packets inside the compressed protocol. There servers number their packets as they like (by
 * the frames they have read and written, since MySQL 5 and in MariaDB: seen on MySQL 9 and MariaDB 10.11),
 * while without compression each packet of an exchange has one more than the packet before it, whichever side
 * sent that. Clients of headgate expect the latter. Pure.
 */
#ifndef HEADGATE_NET_NUMBERING_H
#define HEADGATE_NET_NUMBERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where one direction is in its packets. */
struct numbering_side {
    uint32_t left; /* bytes of the present packet */
    uint32_t len;  /* as far as its header is read */
    uint8_t header_len;
};

struct numbering {
    struct numbering_side sent, received;
    uint8_t last;      /* number of the last packet, of either side */
    bool has_answered; /* that was the server's */
};

/* These were sent to the server. */
void numbering_note(struct numbering *numbering, const uint8_t *bytes, size_t len);

/* These have come from it: numbers of packets are put right, but for a 0 on the first packet after one that
 * was sent: no answer begins with it, a server's word before it hangs up does. */
void numbering_correct(struct numbering *numbering, uint8_t *bytes, size_t len);

#endif
