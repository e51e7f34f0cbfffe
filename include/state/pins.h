/* The state of one session that lives in its server's connection: each piece with a cause, the statement that
 * took it, since when, and an end.
 *
 * A session without pins costs one comparison, and no memory. Names are counted: two temporary tables need
 * two DROPs. What finds no memory, or is more than PINS_MAX, is kept as a nameless pin: it lasts longer than
 * it must, never shorter.
 */
#ifndef HEADGATE_STATE_PINS_H
#define HEADGATE_STATE_PINS_H

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

/* Where a pin comes from. */
struct pin_origin {
    uint64_t since_us;
    struct span statement; /* borrows: without literals; its first PIN_STATEMENT_MAX bytes are kept */
};

/* As much of a statement as is kept, or told: it ends with a whole character. */
struct span pin_statement(struct span statement);

struct pin;

struct pins {
    struct pin *items; /* owns */
    size_t count;
    size_t cap;
    uint32_t causes;   /* bit c: there is at least one of cause c */
    uint32_t nameless; /* bit c: one without a name, which only pins_release_all ends */
    uint32_t noted;    /* `causes` and those of the third block, when pins_note() was last told of them */
};

/* How often sessions came to be pinned. Rows of `show stats`; by the worker and cluster, read by any thread.
 */
struct pin_counters {
    counter by_cause[PIN_CAUSE_COUNT];
};

/* One more of `cause`. `name` empty: it cannot be told which. `text` is kept with it (what a PREPARE
 * prepared), newest wins. `origin`: copied; what is there already keeps its own. */
void pins_add(struct pins *pins, enum pin_cause cause, struct span name, struct span text,
              const struct pin_origin *origin);
/* `name` is gone, once. A name that is not there changes nothing. */
void pins_release(struct pins *pins, enum pin_cause cause, struct span name);
/* All of `cause` are gone, named or not. */
void pins_release_all(struct pins *pins, enum pin_cause cause);
/* `from` is called `to` now, if it was there; since when and by what it is there stays. */
void pins_rename(struct pins *pins, enum pin_cause cause, struct span from, struct span to);
/* Nothing is left: a reset, or the end. */
void pins_clear(struct pins *pins);

static inline bool pins_any(const struct pins *pins)
{
    return pins->causes != 0;
}
/* Is there one that harmless reads have to do with? */
bool pins_keep_reads(const struct pins *pins);
/* `present`: all causes that there are now (bits), those of the third block among them. What has come since
 * the last call is counted; where causes of `others` come from is kept, until they are gone. */
void pins_note(struct pins *pins, uint32_t present, uint32_t others, const struct pin_origin *origin,
               struct pin_counters *counters);
bool pins_has(const struct pins *pins, enum pin_cause cause);
/* The name of the only pin that there is, if it is of `cause`. Empty: there is none, or there are others, of
 * this cause or another of the first two blocks. Borrows. */
struct span pins_only_name(const struct pins *pins, enum pin_cause cause);
/* The text kept with a name, in any case of its letters. Empty: no such name, or no text. Borrows. */
struct span pins_text(const struct pins *pins, enum pin_cause cause, struct span name);
/* The causes' words, "temporary tables (2), GET_LOCK (1)", at the end of `text`. */
void pins_describe(const struct pins *pins, struct text *text);

/* What is kept of each pin, one after the other; `at` begins at 0. False: there is no more. */
struct pin_seen {
    enum pin_cause cause;
    unsigned count;           /* how many; 0: that is not known */
    struct pin_origin origin; /* borrows from the pin */
};
bool pins_next(const struct pins *pins, size_t *at, struct pin_seen *seen_r);

const char *pin_cause_words(enum pin_cause cause);
const char *pin_cause_name(enum pin_cause cause); /* "temporary_table" */

#endif
