#include "mysql/tracker.h"

#include "mysql/caps.h"
#include "mysql/packet.h"
#include "mysql/reply.h"
#include "mysql/wire.h"

/* What the first fragment of the next packet may be. */
enum state {
    START,        /* OK, ERR, LOCAL INFILE or a column count */
    DEFS,         /* `defs_left` column definitions of a result set */
    DEFS_EOF,     /* the EOF after the definitions, without DEPRECATE_EOF */
    ROWS,         /* rows, or the end of the rows */
    FIELDS,       /* FIELD_LIST: definitions, or the end of them */
    STRING,       /* STATISTICS: one packet with any content */
    END,          /* SET_OPTION: only OK, EOF or ERR */
    PREPARE,      /* PREPARE_OK or ERR */
    PREPARE_DEFS, /* `defs_left` definitions, no EOF */
    PREPARE_EOFS, /* definitions until `defs_left` EOFs were seen: the counts in PREPARE_OK can overflow */
    OVER,         /* the reply has ended */
    BROKEN        /* TRACKER_BAD was returned */
};

/* What a first fragment was recognised as. */
enum sight {
    SIGHT_MORE, /* too few bytes to decide */
    SIGHT_PASS, /* a row, a definition, or an EOF between them: passes without being handed out */
    SIGHT_LAST, /* like SIGHT_PASS, and the reply ends with this packet */
    SIGHT_OK,   /* handed out, as all values below */
    SIGHT_ERR,
    SIGHT_EOF,
    SIGHT_INFILE,
    SIGHT_PREPARED,
    SIGHT_BAD
};

/* The first fragment of a packet, as far as it has arrived: at least one byte, unless it is empty. */
struct glimpse {
    const uint8_t *data; /* borrows: payload */
    size_t have;         /* bytes of the payload that have arrived */
    uint32_t len;        /* length of this fragment's payload */
    uint8_t seq;
};

#define EOF_BYTES 5u
#define EOF_LIMIT 9u /* without DEPRECATE_EOF a 0xFE packet is an EOF if shorter than this, else a row */
#define PREPARE_OK_BYTES 12u
#define WHOLE_MIN 64u
/* The bytes of a cut packet that are handed out. Type byte, two length-encoded integers of nine bytes, status
 * and warnings take 23. */
#define CUT_BYTES 27u

static const uint8_t first_state[] = {
    [REPLY_NONE] = OVER,     [REPLY_GENERIC] = START, [REPLY_ROWS] = ROWS,       [REPLY_FIELDS] = FIELDS,
    [REPLY_STRING] = STRING, [REPLY_EOF] = END,       [REPLY_PREPARE] = PREPARE, [REPLY_DIALOGUE] = BROKEN,
};

void tracker_begin(struct tracker *tracker, enum reply_shape shape, uint64_t caps, bool has_cursor,
                   uint32_t whole_max)
{
    *tracker = (struct tracker){
        .caps = caps,
        .whole_max = whole_max < WHOLE_MIN ? WHOLE_MIN : whole_max,
        .state = first_state[shape],
        .has_cursor = has_cursor,
    };
}

static bool deprecates_eof(const struct tracker *tracker)
{
    return (tracker->caps & CAP_DEPRECATE_EOF) != 0;
}

/* ---- kinds of packets: a look_ function changes the tracker only when the packet passes ---- */

static enum sight look_count(struct tracker *tracker, const struct glimpse *seen)
{
    uint8_t first = seen->data[0];
    uint32_t width = first < 0xFB ? 1 : first == 0xFC ? 3 : first == 0xFD ? 4 : 0;
    if (seen->len != width)
        return SIGHT_BAD;
    if (seen->have < width)
        return SIGHT_MORE;
    struct wire_reader reader = wire_reader_of(span_of(seen->data, width));
    uint64_t count = wire_read_lenenc(&reader);
    if (count == 0)
        return SIGHT_BAD;
    tracker->defs_left = count;
    tracker->columns = (uint32_t)count;
    tracker->state = DEFS;
    return SIGHT_PASS;
}

static enum sight look_start(struct tracker *tracker, const struct glimpse *seen)
{
    switch (seen->data[0]) {
    case 0x00:
        return SIGHT_OK;
    case 0xFF:
        return SIGHT_ERR;
    case 0xFB:
        return seen->len > 1 ? SIGHT_INFILE : SIGHT_BAD;
    default:
        return look_count(tracker, seen);
    }
}

/* A definition begins with the length of its catalog name. 0xFE would be an EOF that comes too early. */
static enum sight look_defs(struct tracker *tracker, const struct glimpse *seen)
{
    if (seen->data[0] == 0xFF)
        return SIGHT_ERR;
    if (seen->data[0] == 0xFE)
        return SIGHT_BAD;
    if (--tracker->defs_left > 0)
        return SIGHT_PASS;
    if (tracker->state == PREPARE_DEFS)
        return SIGHT_LAST;
    tracker->state = deprecates_eof(tracker) ? ROWS : DEFS_EOF;
    return SIGHT_PASS;
}

/* A cursor was opened: rows are sent only for FETCH. */
static bool has_opened_cursor(const struct tracker *tracker, uint16_t status)
{
    return tracker->has_cursor && (status & STATUS_CURSOR_EXISTS) != 0;
}

static enum sight look_defs_eof(struct tracker *tracker, const struct glimpse *seen)
{
    if (seen->data[0] == 0xFF)
        return SIGHT_ERR;
    if (seen->data[0] != 0xFE || seen->len != EOF_BYTES)
        return SIGHT_BAD;
    if (seen->have < EOF_BYTES)
        return SIGHT_MORE;
    uint16_t status, warnings;
    (void)reply_parse_eof(span_of(seen->data, EOF_BYTES), &status, &warnings); /* cannot fail: first byte and
                                                                                * length were checked */
    bool has_others = tracker->columns_told != 0 && tracker->columns != tracker->columns_told;
    if (has_opened_cursor(tracker, status) || tracker->hands_out_eofs || has_others ||
        (status & (STATUS_SESSION_STATE_CHANGED | STATUS_METADATA_CHANGED)) != 0)
        return SIGHT_EOF; /* the last packet of the reply, or an EOF that not every client may receive
                           * unchanged */
    tracker->state = ROWS;
    return SIGHT_PASS;
}

/* A packet that begins with 0xFE or 0xFF among rows or field definitions. */
static enum sight look_end(const struct tracker *tracker, const struct glimpse *seen)
{
    if (seen->data[0] == 0xFF)
        return SIGHT_ERR;
    if (seen->len == EOF_BYTES)
        return SIGHT_EOF; /* also with DEPRECATE_EOF: query caches of old servers send stored EOFs */
    if (deprecates_eof(tracker))
        return seen->len < PACKET_PAYLOAD_MAX ? SIGHT_OK : SIGHT_PASS;
    return seen->len < EOF_LIMIT ? SIGHT_BAD : SIGHT_PASS;
}

static enum sight look_rows(struct tracker *tracker, const struct glimpse *seen)
{
    enum sight sight = seen->data[0] >= 0xFE ? look_end(tracker, seen) : SIGHT_PASS;
    if (sight == SIGHT_PASS)
        tracker->rows++;
    return sight;
}

static enum sight look_fields(struct tracker *tracker, const struct glimpse *seen)
{
    if (seen->data[0] < 0xFE)
        return SIGHT_PASS;
    enum sight sight = look_end(tracker, seen);
    return sight == SIGHT_PASS ? SIGHT_BAD : sight;
}

static enum sight look_string(struct tracker *tracker, const struct glimpse *seen)
{
    (void)tracker;
    return seen->len > 0 && seen->data[0] == 0xFF ? SIGHT_ERR : SIGHT_LAST;
}

static enum sight look_only_end(struct tracker *tracker, const struct glimpse *seen)
{
    (void)tracker;
    switch (seen->data[0]) {
    case 0x00:
        return SIGHT_OK;
    case 0xFE:
        return seen->len == EOF_BYTES ? SIGHT_EOF : SIGHT_OK;
    case 0xFF:
        return SIGHT_ERR;
    default:
        return SIGHT_BAD;
    }
}

static enum sight look_prepare(struct tracker *tracker, const struct glimpse *seen)
{
    (void)tracker;
    if (seen->data[0] == 0xFF)
        return SIGHT_ERR;
    bool fits = seen->data[0] == 0x00 && seen->len >= PREPARE_OK_BYTES && seen->len <= CUT_BYTES;
    return fits ? SIGHT_PREPARED : SIGHT_BAD;
}

static enum sight look_prepare_eofs(struct tracker *tracker, const struct glimpse *seen)
{
    if (seen->data[0] == 0xFF)
        return SIGHT_ERR;
    if (seen->data[0] != 0xFE)
        return SIGHT_PASS;
    if (seen->len != EOF_BYTES)
        return SIGHT_BAD;
    if (tracker->defs_left == 1)
        return SIGHT_EOF;
    tracker->defs_left--;
    return SIGHT_PASS;
}

typedef enum sight (*look_fn)(struct tracker *tracker, const struct glimpse *seen);

static const look_fn look[] = {
    [START] = look_start,       [DEFS] = look_defs,
    [DEFS_EOF] = look_defs_eof, [ROWS] = look_rows,
    [FIELDS] = look_fields,     [STRING] = look_string,
    [END] = look_only_end,      [PREPARE] = look_prepare,
    [PREPARE_DEFS] = look_defs, [PREPARE_EOFS] = look_prepare_eofs,
};

/* ---- contents of a packet ---- */

static bool read_ok(const struct tracker *tracker, struct tracker_info *info)
{
    struct reply_ok ok;
    struct span payload = info->payload;
    if (info->is_cut) { /* only the fixed part: info and session state may be incomplete */
        struct wire_reader reader = wire_reader_of(payload);
        (void)wire_read_u8(&reader);
        (void)wire_read_lenenc(&reader);
        (void)wire_read_lenenc(&reader);
        (void)wire_read_u32(&reader);
        if (reader.failed)
            return false;
        payload.len -= wire_left(&reader);
    }
    if (!reply_parse_ok(payload, tracker->caps, &ok))
        return false;
    info->kind = TRACKER_OK;
    info->status = ok.status;
    info->warnings = ok.warnings;
    info->affected = ok.affected;
    info->insert_id = ok.insert_id;
    info->session = ok.session;
    return true;
}

static bool read_err(struct tracker_info *info)
{
    struct reply_err err;
    if (!reply_parse_err(info->payload, &err))
        return false;
    info->kind = TRACKER_ERR;
    info->error = err.code;
    return true;
}

static void read_prepared(struct tracker_info *info)
{
    struct wire_reader reader = wire_reader_of(info->payload);
    (void)wire_read_u8(&reader);
    info->kind = TRACKER_PREPARED;
    info->stmt_id = wire_read_u32(&reader);
    info->columns = wire_read_u16(&reader);
    info->params = wire_read_u16(&reader);
    (void)wire_read_u8(&reader);
    info->warnings = wire_read_u16(&reader);
}

static bool read_control(const struct tracker *tracker, enum sight sight, struct tracker_info *info)
{
    switch (sight) {
    case SIGHT_OK:
        return read_ok(tracker, info);
    case SIGHT_ERR:
        return read_err(info);
    case SIGHT_EOF:
        info->kind = TRACKER_EOF;
        return reply_parse_eof(info->payload, &info->status, &info->warnings);
    case SIGHT_INFILE:
        info->kind = TRACKER_INFILE;
        return true;
    case SIGHT_PREPARED:
        read_prepared(info);
        return true;
    case SIGHT_MORE:
    case SIGHT_PASS:
    case SIGHT_LAST:
    case SIGHT_BAD:
        break;
    }
    return false;
}

/* The state after PREPARE_OK. */
static enum state after_prepared(struct tracker *tracker, const struct tracker_info *info)
{
    unsigned groups = (info->params > 0) + (unsigned)(info->columns > 0);
    if (groups == 0)
        return OVER;
    if (!deprecates_eof(tracker)) {
        tracker->defs_left = groups;
        return PREPARE_EOFS;
    }
    tracker->defs_left = (uint64_t)info->params + info->columns;
    return PREPARE_DEFS;
}

static enum state after_control(struct tracker *tracker, const struct tracker_info *info)
{
    if (info->kind == TRACKER_PREPARED)
        return after_prepared(tracker, info);
    if (info->kind == TRACKER_INFILE)
        return START;
    if (tracker->state == DEFS_EOF && info->kind == TRACKER_EOF)
        return has_opened_cursor(tracker, info->status) ? OVER : ROWS;
    bool ends_a_set = tracker->state == START || tracker->state == ROWS;
    tracker->results += ends_a_set && info->kind != TRACKER_ERR;
    return ends_a_set && (info->status & STATUS_MORE_RESULTS) != 0 ? START : OVER;
}

/* ---- progress ---- */

/* The state of one call of tracker_feed. */
struct feed {
    struct span data;
    size_t at; /* bytes that may be forwarded */
    struct tracker_info *info;
    enum tracker_verdict verdict; /* set when a step returns false */
};

static bool stop(struct feed *feed, enum tracker_verdict verdict)
{
    feed->verdict = verdict;
    return false;
}

static bool stop_bad(struct tracker *tracker, struct feed *feed)
{
    tracker->state = BROKEN;
    return stop(feed, TRACKER_BAD);
}

/* Passes the header of a fragment; its payload follows. */
static bool pass_fragment(struct tracker *tracker, struct feed *feed, uint32_t len, uint8_t seq)
{
    feed->at += PACKET_HEADER_BYTES;
    tracker->left = len;
    tracker->seq = seq;
    tracker->is_continued = len == PACKET_PAYLOAD_MAX;
    return true;
}

static bool hand_out(struct tracker *tracker, struct feed *feed, const struct glimpse *seen, enum sight sight)
{
    bool is_long = seen->len == PACKET_PAYLOAD_MAX;
    bool is_cut = is_long || seen->len + PACKET_HEADER_BYTES > tracker->whole_max;
    uint32_t need = is_cut ? CUT_BYTES : seen->len;
    if (seen->have < need)
        return stop(feed, TRACKER_MORE);
    struct tracker_info *info = feed->info;
    *info = (struct tracker_info){
        .len = PACKET_HEADER_BYTES + need,
        .payload = span_of(seen->data, need),
        .seq = seen->seq,
        .is_cut = is_cut,
    };
    if (!read_control(tracker, sight, info))
        return stop_bad(tracker, feed);
    enum state next = after_control(tracker, info);
    info->is_last = next == OVER && !is_cut;
    tracker->ends_after_left = next == OVER && is_cut;
    if (!tracker->ends_after_left)
        tracker->state = (uint8_t)next;
    tracker->left = seen->len - need;
    tracker->seq = seen->seq;
    tracker->is_continued = is_long;
    return stop(feed, TRACKER_PACKET);
}

static bool first_fragment(struct tracker *tracker, struct feed *feed, const struct glimpse *seen)
{
    if (seen->len == 0 && tracker->state != STRING)
        return stop_bad(tracker, feed);
    if (seen->len > 0 && seen->have == 0)
        return stop(feed, TRACKER_MORE);
    enum sight sight = look[tracker->state](tracker, seen);
    switch (sight) {
    case SIGHT_MORE:
        return stop(feed, TRACKER_MORE);
    case SIGHT_BAD:
        return stop_bad(tracker, feed);
    case SIGHT_LAST:
        tracker->ends_after_left = true;
        return pass_fragment(tracker, feed, seen->len, seen->seq);
    case SIGHT_PASS:
        return pass_fragment(tracker, feed, seen->len, seen->seq);
    case SIGHT_OK:
    case SIGHT_ERR:
    case SIGHT_EOF:
    case SIGHT_INFILE:
    case SIGHT_PREPARED:
        break;
    }
    return hand_out(tracker, feed, seen, sight);
}

/* The hot path: passes rows that are whole in the data and cannot be another kind of packet. */
static void skip_rows(struct tracker *tracker, struct feed *feed)
{
    const uint8_t *at = feed->data.data + feed->at;
    const uint8_t *end = feed->data.data + feed->data.len;
    uint64_t rows = 0;
    uint8_t seq = tracker->seq;
    while (end - at > (ptrdiff_t)PACKET_HEADER_BYTES) {
        uint32_t header =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        uint32_t len = header & PACKET_PAYLOAD_MAX;
        if (at[PACKET_HEADER_BYTES] >= 0xFE || len == 0 || len == PACKET_PAYLOAD_MAX ||
            end - at - (ptrdiff_t)PACKET_HEADER_BYTES < (ptrdiff_t)len)
            break;
        at += PACKET_HEADER_BYTES + len;
        seq = (uint8_t)(header >> 24);
        rows++;
    }
    tracker->rows += rows;
    tracker->seq = seq;
    feed->at = (size_t)(at - feed->data.data);
}

/* Passes one packet or a run of rows. False when the caller must return feed->verdict. */
static bool step(struct tracker *tracker, struct feed *feed)
{
    size_t there = feed->data.len - feed->at;
    uint32_t passing = there < tracker->left ? (uint32_t)there : tracker->left;
    feed->at += passing;
    tracker->left -= passing;
    if (tracker->left > 0)
        return stop(feed, TRACKER_MORE);
    if (tracker->ends_after_left && !tracker->is_continued) {
        tracker->state = OVER;
        return stop(feed, TRACKER_DONE);
    }
    if (tracker->state == ROWS && !tracker->is_continued)
        skip_rows(tracker, feed);
    struct span rest = { feed->data.data + feed->at, feed->data.len - feed->at };
    struct packet_header header;
    if (!packet_peek(rest, &header))
        return stop(feed, TRACKER_MORE);
    if (tracker->is_continued)
        return pass_fragment(tracker, feed, header.len, header.seq);
    return first_fragment(tracker, feed,
                          &(struct glimpse){ .data = rest.data + PACKET_HEADER_BYTES,
                                             .have = rest.len - PACKET_HEADER_BYTES,
                                             .len = header.len,
                                             .seq = header.seq });
}

enum tracker_verdict tracker_feed(struct tracker *tracker, struct span data, size_t *pass_r,
                                  struct tracker_info *info)
{
    *pass_r = 0;
    if (tracker->state == OVER && data.len == 0)
        return TRACKER_DONE;
    if (tracker->state >= OVER)
        return TRACKER_BAD; /* bytes after the end of the reply */
    if (data.len == 0)
        return TRACKER_MORE;
    struct feed feed = { .data = data, .info = info };
    while (step(tracker, &feed))
        ;
    *pass_r = feed.at;
    return feed.verdict;
}
