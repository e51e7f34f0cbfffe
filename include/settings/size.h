/* Sizes as people write them; the twin of base/clock's durations. Pure.
 */
#ifndef HEADGATE_SETTINGS_SIZE_H
#define HEADGATE_SETTINGS_SIZE_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* "512B", "16KiB", "1MiB", "2GiB" or "0" → bytes; powers of 1024. A bare number other than 0 is refused, and
 * so is what does not fit 64 bits. */
bool size_parse(struct span text, uint64_t *bytes_r);

/* The shortest exact spelling: 16384 → "16KiB". Returns `buffer`. */
const char *size_format(uint64_t bytes, char *buffer, size_t size);

#endif
