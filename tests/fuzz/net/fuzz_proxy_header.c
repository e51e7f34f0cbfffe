/* No bytes crash the reader of PROXY headers. The verdict does not change when further bytes follow, and every
 * beginning of a header asks for more. What was read is written and reads back as the same. */
#include "net/proxy_header.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct proxy_header *header, enum proxy_version version)
{
    struct text out = { 0 };
    struct proxy_header again;
    size_t len = 0;
    const struct proxy_ends ends = proxy_ends_of(&header->from, &header->to);
    assert(ends.is_known != header->is_local);
    proxy_header_append(version, &ends, &out);
    assert(proxy_header_read(text_span(&out), &again, &len, NULL) == PROXY_DONE && len == out.len);
    assert(again.is_local == header->is_local);
    assert(addr_equal(&again.from, &header->from) && addr_equal(&again.to, &header->to));
    text_fini(&out);
}

static void check_beginnings(const uint8_t *data, size_t len)
{
    struct proxy_header header;
    for (size_t cut = 0; cut < len; cut++) {
        size_t used = 0;
        uint8_t *exact = malloc(cut + 1); /* a read past the end is noticed */
        assert(exact != NULL);
        if (cut > 0)
            memcpy(exact, data, cut);
        assert(proxy_header_read(span_of(exact, cut), &header, &used, NULL) == PROXY_MORE);
        free(exact);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proxy_header header;
    struct error err = { 0 };
    size_t len = 0;
    enum proxy_verdict verdict = proxy_header_read(span_of(data, size), &header, &len, &err);
    if (verdict == PROXY_MORE)
        assert(size < PROXY_HEADER_MAX);
    if (verdict == PROXY_BAD)
        assert(err.text[0] != '\0');
    if (verdict != PROXY_DONE)
        return 0;
    assert(len > 0 && len <= size && len <= PROXY_HEADER_MAX);
    assert(memchr(header.tls_version, '\0', sizeof header.tls_version) != NULL);
    assert(header.is_local || (header.from.len > 0 && header.to.len > 0));
    check_again(&header, PROXY_V1);
    check_again(&header, PROXY_V2);
    check_beginnings(data, len);
    return 0;
}
