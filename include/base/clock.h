/* Time: clock readings, and durations as text. A loop reads the monotonic clock once per turn (loop_now_us),
 * and all code in that turn uses this reading. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Microseconds of the monotonic clock. */
uint64_t clock_monotonic_us(void);

/* Microseconds since 1970, by the wall clock: for display, not for measuring. */
uint64_t clock_wall_us(void);

/* Whole seconds from `since_us` to `now_us`; 0 if `now_us`, which may be an older reading, is not later. */
static inline int64_t clock_seconds_since(uint64_t since_us, uint64_t now_us)
{
    return since_us < now_us ? (int64_t)((now_us - since_us) / 1000000) : 0;
}

/* Parses "250ms", "1s", "5m", "2h", "1d", "10us", "0" or "off" (= 0) to microseconds. False: malformed, or a
 * number other than 0 without a unit. */
bool clock_parse_duration(struct span text, uint64_t *us_r);

/* The shortest exact spelling: 1500000 → "1500ms", 60000000 → "1m". Returns `buffer`. */
const char *clock_format_duration(uint64_t us, char *buffer, size_t size);
