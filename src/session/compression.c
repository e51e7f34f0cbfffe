#include "session/compression.h"

#include "mysql/reply.h"
#include "net/stream_packed.h"

uint64_t compression_offered(const struct session *session, enum server_family family)
{
    int words = session->listener->settings->compression;
    uint64_t caps = (words & LISTENER_COMPRESSION_ZLIB) != 0 ? CAP_COMPRESS : 0;
    if ((words & LISTENER_COMPRESSION_ZSTD) != 0 && family == FAMILY_MYSQL)
        caps |= CAP_ZSTD;
    return caps;
}

bool compression_begin(struct session *session)
{
    const struct listener_settings *settings = session->listener->settings;
    const struct client_login *login = session->login;
    if ((login->caps & CAPS_COMPRESSION) == 0)
        return true;
    bool is_zlib = (login->caps & CAP_COMPRESS) != 0;
    int zstd_level_max = (int)settings->compression_zstd_level_max;
    const struct frames_manner manner = {
        .algorithm = is_zlib ? COMPRESS_ZLIB : COMPRESS_ZSTD,
        .level = is_zlib                              ? (int)settings->compression_zlib_level
                 : login->zstd_level < zstd_level_max ? login->zstd_level
                                                      : zstd_level_max,
        .threshold_bytes = (uint32_t)settings->compression_threshold_bytes,
        .never_packs = (login->caps & login->offered & CAPS_COMPRESSION) == 0,
    };
    return stream_pack(&session->client, &manner);
}

void compression_count(struct session *session)
{
    const struct stream_packed_bytes bytes = stream_take_packed_bytes(&session->client);
    counter *packed = session->listener->by_worker[session->worker->index].packed;
    counter_add(&packed[LISTENER_IN], bytes.in);
    counter_add(&packed[LISTENER_IN_PACKED], bytes.packed_in);
    counter_add(&packed[LISTENER_OUT], bytes.out);
    counter_add(&packed[LISTENER_OUT_PACKED], bytes.packed_out);
}

static const struct {
    uint16_t code;
    const char *text; /* the servers' own */
    const char *detail;
} troubles[] = {
    [FRAMES_OUT_OF_ORDER] = { ERR_PACKETS_OUT_OF_ORDER, "Got packets out of order",
                              "frames of the compressed protocol out of order" },
    [FRAMES_DAMAGED] = { ERR_UNCOMPRESS, "Couldn't uncompress communication packet",
                         "a frame of the compressed protocol that cannot be unpacked" },
    [FRAMES_NO_MEMORY] = { ERR_OUT_OF_RESOURCES, "headgate: out of memory", "unpacking a frame" },
};

void compression_refuse(struct session *session)
{
    enum frames_verdict verdict = stream_packing_verdict(&session->client);
    enum close_reason reason = verdict == FRAMES_NO_MEMORY ? CLOSE_OUT_OF_MEMORY : CLOSE_CLIENT_NONSENSE;
    if (session->state != SESSION_IDLE && session->state != SESSION_READING) {
        session_abort(session, reason);
        return;
    }
    reply_put_err(&session->client.out, 0, troubles[verdict].code, NULL, troubles[verdict].text);
    (void)session_close(session, reason, troubles[verdict].detail);
}

const char *compression_name(const struct session *session)
{
    const struct frames_manner *manner = stream_packing_manner(&session->client);
    if (manner == NULL)
        return NULL;
    return manner->algorithm == COMPRESS_ZLIB ? "zlib" : "zstd";
}
