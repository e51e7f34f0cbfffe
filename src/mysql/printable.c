#include "mysql/printable.h"

#include <assert.h>

const char *printable(struct span span, char *buffer, size_t size)
{
    assert(size > 0);
    size_t len = size_min(span.len, size - 1);
    for (size_t i = 0; i < len; i++)
        buffer[i] = (char)(span.data[i] < 0x20 || span.data[i] == 0x7F ? '?' : span.data[i]);
    buffer[len] = '\0';
    return buffer;
}
