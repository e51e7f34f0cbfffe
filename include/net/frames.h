/* The frames of the compressed protocol, around the packets of the ordinary one: pure but for the libraries.
 *
 *      int<3> length | int<1> number | int<3> length unpacked, 0: sent as it is | contents
 *
 * Packets are cut into frames anywhere: a frame may hold several, a packet may span several. Frames have
 * numbers of their own: each command begins at 0, and each frame of the exchange has one more, whichever side
 * sends it. Source: protocol.md §1.4; what servers do with wrong frames was tried on MariaDB 10.11 and
 * MySQL 9.
 */
#ifndef HEADGATE_NET_FRAMES_H
#define HEADGATE_NET_FRAMES_H

#include "net/compress.h"

#define FRAMES_HEADER_BYTES 7u
#define FRAMES_CONTENTS_MAX 0xFFFFFFu

struct frames_manner {
    enum compress_algorithm algorithm;
    int level;
    uint32_t threshold_bytes; /* contents shorter than this are sent as they are */
    bool never_packs;         /* all are: frames that are received may be packed */
    bool is_client; /* headgate speaks as a client: the numbers of a server's frames are not checked */
};

enum frames_verdict {
    FRAMES_OK,
    FRAMES_OUT_OF_ORDER, /* servers answer 1156 and close */
    FRAMES_DAMAGED,      /* contents that cannot be unpacked, or not to the length said: 1157 */
    FRAMES_NO_MEMORY
};

struct frames {
    struct frames_manner manner;
    struct unpacker *unpacker; /* owns: in the middle of a packed frame */
    uint8_t header[FRAMES_HEADER_BYTES];
    uint8_t header_len;   /* bytes of it that are there */
    uint32_t packed_left; /* bytes of this frame still to come */
    uint32_t plain_left;  /* bytes that they still unpack to */
    uint8_t last; /* of a packed frame that unpacks to no more: its last byte, until it is known to be good */
    uint8_t heard; /* number of the last frame received */
    uint8_t next;  /* number of the next one sent */
};

void frames_init(struct frames *frames, const struct frames_manner *manner);
void frames_fini(struct frames *frames, struct compress *compress);

/* Unpacks from the front of *raw into `out`, until *raw is used up or `cap` bytes are written (*done_r). The
 * last byte of a packed frame is handed out when all of it is known to be good. May be called with nothing in
 * *raw while frames_holds_more(). After another verdict than OK nothing more can be read. */
enum frames_verdict frames_read(struct frames *frames, struct compress *compress, struct span *raw,
                                uint8_t *out, size_t cap, size_t *done_r);

/* The contents of the current compressed frame have not all been handed out: the rest may not need more
 * input. */
static inline bool frames_holds_more(const struct frames *frames)
{
    return frames->unpacker != NULL;
}

/* Puts one frame with all of `plain` (1 to FRAMES_CONTENTS_MAX bytes) into `out`, which has room for
 * FRAMES_HEADER_BYTES more than that. Returns the length of the frame. */
size_t frames_put(struct frames *frames, struct compress *compress, struct span plain, uint8_t *out);

/* A command begins: the next frame sent by a client has number 0; the next one of its server answers the last
 * frame received. */
void frames_restart(struct frames *frames);

#endif
