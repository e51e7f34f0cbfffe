#include "proxy/pins.h"

#include "base/mem.h"

#include <assert.h>

struct pin {
    enum pin_cause cause;
    unsigned count;
    char *name; /* owns; not empty */
    char *text; /* owns; NULL: none */
};

static const struct {
    const char *name;
    const char *words;
} causes[PIN_CAUSE_COUNT] = {
#define PIN_CAUSE(NAME, name, words) [PIN_##NAME] = { #name, words },
#include "proxy/tbl/pin_causes.h"
#undef PIN_CAUSE
};
_Static_assert(PIN_CAUSE_COUNT <= 32, "pins.causes has a bit for each");

static uint32_t bit(enum pin_cause cause)
{
    return UINT32_C(1) << cause;
}

static char *copy(struct span span)
{
    char *string = mem_zalloc(span.len + 1);
    if (string != NULL && span.len > 0)
        memcpy(string, span.data, span.len);
    return string;
}

/* Servers compare the names of prepared statements, handlers and variables in any case; the others' case may
 * matter, so that a name in another case is another name here. */
static bool is_named(const struct pin *pin, enum pin_cause cause, struct span name)
{
    if (pin->cause != cause)
        return false;
    bool is_nocase = cause == PIN_PREPARED || cause == PIN_HANDLER || cause == PIN_HELD_SET;
    return is_nocase ? span_equal_nocase(span_cstr(pin->name), name) : span_equal(span_cstr(pin->name), name);
}

static struct pin *find(const struct pins *pins, enum pin_cause cause, struct span name)
{
    for (size_t i = 0; i < pins->count; i++)
        if (is_named(&pins->items[i], cause, name))
            return &pins->items[i];
    return NULL;
}

static bool make_room(struct pins *pins)
{
    if (pins->count == PINS_MAX)
        return false;
    if (pins->count < pins->cap)
        return true;
    size_t cap = pins->cap == 0 ? 4 : pins->cap * 2;
    struct pin *items = mem_realloc(pins->items, cap * sizeof *items);
    if (items == NULL)
        return false;
    pins->items = items;
    pins->cap = cap;
    return true;
}

static struct pin *append(struct pins *pins, enum pin_cause cause, struct span name)
{
    bool is_nameable = name.len > 0 && memchr(name.data, '\0', name.len) == NULL;
    char *string = is_nameable && make_room(pins) ? copy(name) : NULL;
    if (string == NULL)
        return NULL;
    pins->items[pins->count] = (struct pin){ .cause = cause, .name = string };
    return &pins->items[pins->count++];
}

void pins_add(struct pins *pins, enum pin_cause cause, struct span name, struct span text, uint64_t now_us)
{
    struct pin *pin = find(pins, cause, name);
    if (pins->causes == 0)
        pins->since_us = now_us;
    pins->causes |= bit(cause);
    if (pin == NULL)
        pin = append(pins, cause, name);
    if (pin == NULL) {
        pins->nameless |= bit(cause);
        return;
    }
    pin->count = cause == PIN_USER_LOCK ? pin->count + 1 : 1; /* the others exist once or not at all */
    mem_free(pin->text);
    pin->text = text.len > 0 ? copy(text) : NULL;
}

static void drop(struct pins *pins, size_t index)
{
    mem_free(pins->items[index].name);
    mem_free(pins->items[index].text);
    pins->items[index] = pins->items[--pins->count];
}

static void recount(struct pins *pins)
{
    pins->causes = pins->nameless;
    for (size_t i = 0; i < pins->count; i++)
        pins->causes |= bit(pins->items[i].cause);
}

void pins_release(struct pins *pins, enum pin_cause cause, struct span name)
{
    struct pin *pin = find(pins, cause, name);
    if (pin == NULL)
        return;
    if (--pin->count == 0)
        drop(pins, (size_t)(pin - pins->items));
    recount(pins);
}

void pins_release_all(struct pins *pins, enum pin_cause cause)
{
    if (!pins_has(pins, cause))
        return;
    for (size_t i = pins->count; i-- > 0;)
        if (pins->items[i].cause == cause)
            drop(pins, i);
    pins->nameless &= ~bit(cause);
    recount(pins);
}

void pins_rename(struct pins *pins, enum pin_cause cause, struct span from, struct span to, uint64_t now_us)
{
    if (find(pins, cause, from) == NULL || span_equal(from, to))
        return;
    pins_add(pins, cause, to, (struct span){ 0 }, now_us); /* first: there is no moment without one */
    pins_release(pins, cause, from);
}

void pins_clear(struct pins *pins)
{
    while (pins->count > 0)
        drop(pins, pins->count - 1);
    mem_free(pins->items);
    *pins = (struct pins){ 0 };
}

void pins_count(struct pins *pins, struct pin_counters *counters)
{
    uint32_t fresh = pins->causes & ~pins->counted;
    pins->counted = pins->causes;
    if (fresh == 0)
        return;
#define PIN_CAUSE(NAME, name, words) counter_add(&counters->name, fresh >> PIN_##NAME & 1);
#include "proxy/tbl/pin_causes.h"
#undef PIN_CAUSE
}

bool pins_has(const struct pins *pins, enum pin_cause cause)
{
    return (pins->causes & bit(cause)) != 0;
}

bool pins_keep_reads(const struct pins *pins)
{
    return (pins->causes & ~bit(PIN_HELD_SET)) != 0;
}

struct span pins_text(const struct pins *pins, enum pin_cause cause, struct span name)
{
    const struct pin *pin = find(pins, cause, name);
    return pin != NULL && pin->text != NULL ? span_cstr(pin->text) : (struct span){ 0 };
}

static unsigned count_of(const struct pins *pins, enum pin_cause cause)
{
    unsigned count = 0;
    for (size_t i = 0; i < pins->count; i++)
        count += pins->items[i].cause == cause ? pins->items[i].count : 0;
    return count;
}

void pins_describe(const struct pins *pins, struct text *text)
{
    const char *glue = "";
    for (enum pin_cause cause = 0; cause < PIN_CAUSE_COUNT; cause++) {
        if (!pins_has(pins, cause))
            continue;
        (void)text_appendf(text, "%s%s", glue, causes[cause].words);
        if (count_of(pins, cause) > 0)
            (void)text_appendf(text, " (%u%s)", count_of(pins, cause),
                               (pins->nameless & bit(cause)) != 0 ? " and more" : "");
        glue = ", ";
    }
}

const char *pin_cause_words(enum pin_cause cause)
{
    assert(cause < PIN_CAUSE_COUNT);
    return causes[cause].words;
}

const char *pin_cause_name(enum pin_cause cause)
{
    assert(cause < PIN_CAUSE_COUNT);
    return causes[cause].name;
}
