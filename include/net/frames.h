/* The frames of the compressed protocol, which contain the packets of the ordinary protocol. Pure except for
 * the compression libraries.
 *
 *      int<3> length | int<1> number | int<3> length unpacked, 0: not compressed | contents
 *
 * Frame boundaries are independent of packet boundaries: a frame may hold several packets, a packet may span
 * several frames. Frames have their own numbers: each command begins at 0, and each frame of the exchange has
 * the next number, whichever side sends it. Source: protocol.md §1.4; the answers to wrong frames were tested
 * with MariaDB 10.11 and MySQL 9. */
#pragma once

#include "net/compress.h"

#define FRAMES_HEADER_BYTES 7u
#define FRAMES_CONTENTS_MAX 0xFFFFFFu

struct frames_manner {
    enum compress_algorithm algorithm;
    int level;
    uint32_t threshold_bytes; /* shorter contents are sent uncompressed */
    bool never_packs;         /* all contents are sent uncompressed; received frames may be compressed */
    bool is_client; /* headgate speaks as a client: the numbers of a server's frames are not checked */
};

enum frames_verdict {
    FRAMES_OK,
    FRAMES_OUT_OF_ORDER, /* servers answer error 1156 and close */
    FRAMES_DAMAGED,      /* contents that cannot be unpacked, or not to the announced length; servers answer
                          * error 1157 */
    FRAMES_NO_MEMORY
};

struct frames {
    struct frames_manner manner;
    struct unpacker *unpacker; /* owns; set while a compressed frame is being unpacked */
    uint8_t header[FRAMES_HEADER_BYTES];
    uint8_t header_len;   /* bytes of `header` that have arrived */
    uint32_t packed_left; /* bytes of this frame still to come */
    uint32_t plain_left;  /* unpacked bytes of this frame still to come */
    uint8_t last;         /* last unpacked byte of a compressed frame, held back until the frame is valid */
    uint8_t heard;        /* number of the last frame received */
    uint8_t next;         /* number of the next frame to send */
};

void frames_init(struct frames *frames, const struct frames_manner *manner);
void frames_fini(struct frames *frames, struct compress *compress);

/* Unpacks from the front of *raw into `out`, until *raw is used up or `cap` bytes are written (*done_r). The
 * last byte of a compressed frame is handed out only when the whole frame is known to be valid. While
 * frames_holds_more() is true it may be called with an empty *raw. After a verdict other than FRAMES_OK
 * nothing more can be read. */
enum frames_verdict frames_read(struct frames *frames, struct compress *compress, struct span *raw,
                                uint8_t *out, size_t cap, size_t *done_r);

/* True while the contents of the current compressed frame have not all been handed out: the rest may need no
 * more input. */
static inline bool frames_holds_more(const struct frames *frames)
{
    return frames->unpacker != NULL;
}

/* Writes one frame with all of `plain` (1 to FRAMES_CONTENTS_MAX bytes) to `out`, which has room for
 * plain.len + FRAMES_HEADER_BYTES bytes. Returns the length of the frame. */
size_t frames_put(struct frames *frames, struct compress *compress, struct span plain, uint8_t *out);

/* Call when a command begins. As a client: the next frame sent has number 0. As a server: the next frame sent
 * has the number after that of the last frame received. */
void frames_restart(struct frames *frames);
