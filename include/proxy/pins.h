/* The state of one session that lives in its server's connection: each piece with a cause, and an end.
 *
 * A session without pins costs one comparison. Names are counted: two temporary tables need two DROPs. What
 * finds no memory, or is more than PINS_MAX, is kept as a nameless pin: it lasts longer than it must, never
 * shorter.
 */
#ifndef HEADGATE_PROXY_PINS_H
#define HEADGATE_PROXY_PINS_H

#include "base/counters.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_MAX 256 /* names of one session */

enum pin_cause {
#define PIN_CAUSE(NAME, name, words) PIN_##NAME,
#include "proxy/tbl/pin_causes.h"
#undef PIN_CAUSE
    PIN_CAUSE_COUNT
};

struct pin;

struct pins {
    struct pin *items; /* owns */
    size_t count;
    size_t cap;
    uint32_t causes;   /* bit c: there is at least one of cause c */
    uint32_t nameless; /* bit c: one without a name, which only pins_release_all ends */
    uint32_t counted;  /* `causes`, when they were last counted */
    uint64_t since_us; /* of the oldest, as far back as there was always one */
};

/* How often sessions came to be pinned. Rows of `show stats`; by the worker and cluster, read by any thread.
 */
struct pin_counters {
#define PIN_CAUSE(NAME, name, words) counter name;
#include "proxy/tbl/pin_causes.h"
#undef PIN_CAUSE
};

/* One more of `cause`. `name` empty: it cannot be told which. `text` is kept with it (what a PREPARE
 * prepared), newest wins. `now_us`: the clock. */
void pins_add(struct pins *pins, enum pin_cause cause, struct span name, struct span text, uint64_t now_us);
/* `name` is gone, once. A name that is not there changes nothing. */
void pins_release(struct pins *pins, enum pin_cause cause, struct span name);
/* All of `cause` are gone, named or not. */
void pins_release_all(struct pins *pins, enum pin_cause cause);
/* `from` is called `to` now, if it was there. */
void pins_rename(struct pins *pins, enum pin_cause cause, struct span from, struct span to, uint64_t now_us);
/* Nothing is left: a reset, or the end. */
void pins_clear(struct pins *pins);

static inline bool pins_any(const struct pins *pins)
{
    return pins->causes != 0;
}
/* Is there one that harmless reads have to do with? */
bool pins_keep_reads(const struct pins *pins);
/* Counts the causes that have come since it was last called. */
void pins_count(struct pins *pins, struct pin_counters *counters);
bool pins_has(const struct pins *pins, enum pin_cause cause);
/* The text kept with a name, in any case of its letters. Empty: no such name, or no text. Borrows. */
struct span pins_text(const struct pins *pins, enum pin_cause cause, struct span name);
/* The causes' words, "temporary tables (2), GET_LOCK (1)", at the end of `text`. */
void pins_describe(const struct pins *pins, struct text *text);

const char *pin_cause_words(enum pin_cause cause);
const char *pin_cause_name(enum pin_cause cause); /* "temporary_table" */

#endif
