/* A command ends at its end mark as soon as the mark is there, wherever its bytes were cut on the way. */
#include "console/console.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2000)
        return 0;
    for (size_t at = 0; at < size;) {
        struct span rest = span_of(data + at, size - at);
        struct console_scan scan = { 0 }, slow = { 0 };
        size_t end = console_command_end(&scan, rest);
        assert(end <= rest.len);
        assert(end == 0 || rest.data[end - 1] == '\n' || rest.data[end - 1] == ';');
        for (size_t len = 0; len < (end == 0 ? rest.len : end); len++)
            assert(console_command_end(&slow, span_of(rest.data, len)) == 0);
        if (end == 0)
            break;
        assert(console_command_end(&slow, span_of(rest.data, end)) == end);
        at += end;
    }
    return 0;
}
