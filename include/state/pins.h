/* Pins: state of a session that exists only in its connection, and so keeps the connection for the session.
 * Each pin has a cause, the statement that made it, the time since when it exists, and an end.
 *
 * A session without pins costs one comparison and no memory. Pins have names: two temporary tables need two
 * DROPs. If memory is out, or there are more than PINS_MAX names, the pin is kept without a name. A pin
 * without a name may last longer than its state, but never shorter. */
#pragma once

#include "base/counters.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_MAX 256          /* names of one session */
#define PIN_STATEMENT_MAX 120 /* bytes of a statement that are kept with a pin */

enum pin_cause {
#define PIN_CAUSE(NAME, name, words) PIN_##NAME,
#include "state/tbl/pin_causes.h"
#undef PIN_CAUSE
    PIN_CAUSE_COUNT
};

static inline uint32_t pin_bit(enum pin_cause cause)
{
    return UINT32_C(1) << cause;
}

/* When, and by which statement, a pin was made. */
struct pin_origin {
    uint64_t since_us;
    struct span statement; /* borrows: without literals; its first PIN_STATEMENT_MAX bytes are kept */
};

/* The part of a statement that is kept and shown: at most PIN_STATEMENT_MAX bytes, no part of a character. */
struct span pin_statement(struct span statement);

struct pin;

struct pins {
    struct pin *items; /* owns */
    size_t count;
    size_t cap;
    uint32_t causes;   /* bit c: there is at least one pin of cause c */
    uint32_t nameless; /* bit c: there is a pin of cause c without a name; only pins_release_all ends it */
    uint32_t noted;    /* `present` of the last pins_note() */
};

/* How often sessions were pinned, by cause. Rows of `show stats`, for each worker and cluster; read by any
 * thread. */
struct pin_counters {
    counter by_cause[PIN_CAUSE_COUNT];
};

/* Adds a pin of `cause`. `name` empty: the name is not known. `text` is copied and kept with the name (the
 * text of a PREPARE); a newer text replaces it. `origin` is copied; a pin that exists already keeps its
 * origin, except a PREPARE. */
void pins_add(struct pins *pins, enum pin_cause cause, struct span name, struct span text,
              const struct pin_origin *origin);
/* Removes `name`, once: a user lock may be held several times. An unknown name changes nothing. */
void pins_release(struct pins *pins, enum pin_cause cause, struct span name);
/* Removes all pins of `cause`, with and without names. */
void pins_release_all(struct pins *pins, enum pin_cause cause);
/* Renames the pin `from`, if there is one, to `to`. Its origin stays. */
void pins_rename(struct pins *pins, enum pin_cause cause, struct span from, struct span to);
/* Removes all pins, at a reset or at the end of the session. */
void pins_clear(struct pins *pins);

static inline bool pins_any(const struct pins *pins)
{
    return pins->causes != 0;
}
/* Is there a pin that keeps harmless reads on the connection: any but PIN_HELD_SET? */
bool pins_keep_reads(const struct pins *pins);
/* `present`: all present causes (pin_bit), also those of the third block of tbl/pin_causes.h. Counts the
 * causes that are new since the last call. For new causes in `others` keeps a copy of `origin` until the
 * cause is gone. */
void pins_note(struct pins *pins, uint32_t present, uint32_t others, const struct pin_origin *origin,
               struct pin_counters *counters);
bool pins_has(const struct pins *pins, enum pin_cause cause);
/* The name of the only pin, if it is of `cause`. Empty: there is no pin, or there are other pins of the first
 * two blocks. Borrows. */
struct span pins_only_name(const struct pins *pins, enum pin_cause cause);
/* The text kept with a name (case as for the names of `cause`). Empty: no such name, or no text. Borrows. */
struct span pins_text(const struct pins *pins, enum pin_cause cause, struct span name);
/* Appends the causes in words: "temporary tables (2), GET_LOCK (1)". */
void pins_describe(const struct pins *pins, struct text *text);

/* Walks the pins; `at` begins as 0. False: there are no more. */
struct pin_seen {
    enum pin_cause cause;
    unsigned count;           /* number of holds of this name; 0: not known */
    struct pin_origin origin; /* borrows from the pin */
};
bool pins_next(const struct pins *pins, size_t *at, struct pin_seen *seen_r);

const char *pin_cause_words(enum pin_cause cause);
const char *pin_cause_name(enum pin_cause cause); /* "temporary_table" */
