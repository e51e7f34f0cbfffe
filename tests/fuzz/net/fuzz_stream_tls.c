/* A client that has asked for TLS sends any bytes: some with the request, the others later. headgate never takes them for
 * a complete handshake, hands none of them to the owner of the stream, and ends with a reason. */
#include "net/stream_tls.h"
#include "net/tls_server.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SENT_MAX 4096 /* fits into the socket */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(struct stream *stream, int events)
{
    (void)stream;
    (void)events;
}

/* One context for all inputs: making a key takes longer than reading bytes. */
static struct ssl_ctx_st *context_of_server(void)
{
    static const struct tls_files none;
    static struct tls_server *server;
    struct error err = { 0 };
    if (server == NULL) {
        struct tls_certificate *certificate = tls_certificate_make(&err);
        assert(certificate != NULL);
        server = tls_server_new(&none, certificate, &err);
        assert(server != NULL);
        tls_certificate_free(&certificate);
    }
    return server->context;
}

/* The first byte says how many of the others come with the request. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct loop loop;
    struct stream stream;
    struct error err = { 0 };
    int ends[2], want = 0;
    if (size == 0 || size > SENT_MAX)
        return 0;
    size_t early = data[0] < size - 1 ? data[0] : size - 1;
    assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    assert(loop_init(&loop, &err));
    stream_open(&stream, &loop, ends[0], ignore, NULL);
    bool is_begun = stream_secure_client(&stream, context_of_server(), span_of(data + 1, early), &err);
    assert(is_begun || err.text[0] != '\0');
    assert(is_begun || (early > 0 && data[1] != 0x16));
    ssize_t rest = (ssize_t)(size - 1 - early);
    assert(rest == 0 || write(ends[1], data + 1 + early, (size_t)rest) == rest);
    if (is_begun) {
        enum stream_result result = stream_handshake(&stream, &want, &err);
        assert(result == STREAM_BLOCKED || result == STREAM_FAILED);
        assert(result == STREAM_BLOCKED || err.text[0] != '\0');
        assert(buf_is_empty(&stream.in) && stream.bytes_in == 0);
    }
    stream_break(&stream);
    (void)close(ends[1]);
    loop_fini(&loop);
    return 0;
}
