/* Sizes in bytes as text. base/clock.h does the same for durations. Pure. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Parses "512B", "16KiB", "1MiB", "2GiB" or "0"; units are powers of 1024. False: a number other than 0
 * without a unit, or a size that does not fit in 64 bits. */
bool size_parse(struct span text, uint64_t *bytes_r);

/* Writes the shortest exact form: 16384 → "16KiB". Returns `buffer`. */
const char *size_format(uint64_t bytes, char *buffer, size_t size);
