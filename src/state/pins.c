#include "state/pins.h"

#include "base/mem.h"

#include <assert.h>

/* A pin. An item without a name stands for all pins of its cause without a name, and has the origin of the
 * oldest one; or it keeps the origin of a cause of the third block (tbl/pin_causes.h). */
struct pin {
    enum pin_cause cause;
    unsigned count;
    uint64_t since_us;
    char *name;      /* owns; not empty, or NULL */
    char *text;      /* owns; NULL: none */
    char *statement; /* owns; NULL: not known */
};

static const struct {
    const char *name;
    const char *words;
} causes[PIN_CAUSE_COUNT] = {
#define PIN_CAUSE(NAME, name, words) [PIN_##NAME] = { #name, words },
#include "state/tbl/pin_causes.h"
#undef PIN_CAUSE
};
_Static_assert(PIN_CAUSE_COUNT <= 32, "pins.causes has a bit for each");

static char *copy(struct span span)
{
    char *string = mem_zalloc(span.len + 1);
    if (string != NULL && span.len > 0)
        memcpy(string, span.data, span.len);
    return string;
}

/* Servers compare the names of prepared statements, handlers and variables case-insensitively. For other
 * names the case may matter, so here a name in another case is another name. */
static bool is_named(const struct pin *pin, enum pin_cause cause, struct span name)
{
    if (pin->cause != cause || pin->name == NULL)
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

static struct pin *find_nameless(const struct pins *pins, enum pin_cause cause)
{
    for (size_t i = 0; i < pins->count; i++)
        if (pins->items[i].cause == cause && pins->items[i].name == NULL)
            return &pins->items[i];
    return NULL;
}

static bool make_room(struct pins *pins)
{
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

struct span pin_statement(struct span statement)
{
    bool is_cut = statement.len > PIN_STATEMENT_MAX;
    size_t len = is_cut ? PIN_STATEMENT_MAX : statement.len;
    while (is_cut && len > 0 && (statement.data[len] & 0xC0) == 0x80)
        len--;
    return span_of(statement.data, len);
}

static void set_origin(struct pin *pin, const struct pin_origin *origin)
{
    mem_free(pin->statement);
    pin->statement = origin->statement.len > 0 ? copy(pin_statement(origin->statement)) : NULL;
    pin->since_us = origin->since_us;
}

static struct pin *append(struct pins *pins, enum pin_cause cause, const struct pin_origin *origin)
{
    if (!make_room(pins))
        return NULL;
    pins->items[pins->count] = (struct pin){ .cause = cause };
    set_origin(&pins->items[pins->count], origin);
    return &pins->items[pins->count++];
}

static struct pin *append_named(struct pins *pins, enum pin_cause cause, struct span name,
                                const struct pin_origin *origin)
{
    bool is_nameable = name.len > 0 && memchr(name.data, '\0', name.len) == NULL && pins->count < PINS_MAX;
    char *string = is_nameable ? copy(name) : NULL;
    struct pin *pin = string != NULL ? append(pins, cause, origin) : NULL;
    if (pin != NULL)
        pin->name = string;
    else
        mem_free(string);
    return pin;
}

/* Without memory only the origin is lost: the bit in `nameless` keeps the cause. */
static void add_nameless(struct pins *pins, enum pin_cause cause, const struct pin_origin *origin)
{
    pins->nameless |= pin_bit(cause);
    if (find_nameless(pins, cause) == NULL)
        (void)append(pins, cause, origin);
}

void pins_add(struct pins *pins, enum pin_cause cause, struct span name, struct span text,
              const struct pin_origin *origin)
{
    struct pin *pin = find(pins, cause, name);
    pins->causes |= pin_bit(cause);
    if (pin != NULL && cause == PIN_PREPARED)
        set_origin(pin, origin); /* a new statement with that name */
    if (pin == NULL)
        pin = append_named(pins, cause, name, origin);
    if (pin == NULL) {
        add_nameless(pins, cause, origin);
        return;
    }
    pin->count = cause == PIN_USER_LOCK ? pin->count + 1 : 1; /* only user locks can be taken repeatedly */
    mem_free(pin->text);
    pin->text = text.len > 0 ? copy(text) : NULL;
}

static void drop(struct pins *pins, size_t index)
{
    mem_free(pins->items[index].name);
    mem_free(pins->items[index].text);
    mem_free(pins->items[index].statement);
    pins->items[index] = pins->items[--pins->count];
}

static void recount(struct pins *pins)
{
    pins->causes = pins->nameless;
    for (size_t i = 0; i < pins->count; i++)
        pins->causes |= pins->items[i].name != NULL ? pin_bit(pins->items[i].cause) : 0;
}

static struct pin_origin origin_of(const struct pin *pin)
{
    return (struct pin_origin){ .since_us = pin->since_us,
                                .statement =
                                    pin->statement != NULL ? span_cstr(pin->statement) : (struct span){ 0 } };
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
    pins->nameless &= ~pin_bit(cause);
    recount(pins);
}

void pins_rename(struct pins *pins, enum pin_cause cause, struct span from, struct span to)
{
    const struct pin *pin = find(pins, cause, from);
    if (pin == NULL || span_equal(from, to))
        return;
    struct pin_origin origin = origin_of(pin);
    char statement[PIN_STATEMENT_MAX];
    if (origin.statement.len > 0) /* pins_add() may move the pin in memory */
        memcpy(statement, origin.statement.data, origin.statement.len);
    origin.statement.data = (const uint8_t *)statement;
    pins_add(pins, cause, to, (struct span){ 0 }, &origin); /* added first: the cause is always present */
    pins_release(pins, cause, from);
}

void pins_clear(struct pins *pins)
{
    while (pins->count > 0)
        drop(pins, pins->count - 1);
    mem_free(pins->items);
    *pins = (struct pins){ 0 };
}

void pins_note(struct pins *pins, uint32_t present, uint32_t others, const struct pin_origin *origin,
               struct pin_counters *counters)
{
    uint32_t fresh = present & ~pins->noted, gone = pins->noted & ~present;
    pins->noted = present;
    for (uint32_t rest = fresh; rest != 0; rest &= rest - 1) {
        enum pin_cause cause = (enum pin_cause)__builtin_ctz(rest);
        counter_add(&counters->by_cause[cause], 1);
        if ((others & pin_bit(cause)) != 0 && find_nameless(pins, cause) == NULL)
            (void)append(pins, cause, origin);
    }
    for (size_t i = pins->count; i-- > 0;)
        if ((gone & others & pin_bit(pins->items[i].cause)) != 0)
            drop(pins, i);
}

bool pins_has(const struct pins *pins, enum pin_cause cause)
{
    return (pins->causes & pin_bit(cause)) != 0;
}

bool pins_keep_reads(const struct pins *pins)
{
    return (pins->causes & ~pin_bit(PIN_HELD_SET)) != 0;
}

struct span pins_only_name(const struct pins *pins, enum pin_cause cause)
{
    struct span only = { 0 };
    if (pins->causes != pin_bit(cause) || pins->nameless != 0)
        return only;
    for (size_t i = 0; i < pins->count; i++) {
        const struct pin *pin = &pins->items[i];
        if (pin->name == NULL) /* origin of a cause of the third block */
            continue;
        if (only.len > 0)
            return (struct span){ 0 };
        only = span_cstr(pin->name);
    }
    return only;
}

struct span pins_text(const struct pins *pins, enum pin_cause cause, struct span name)
{
    const struct pin *pin = find(pins, cause, name);
    return pin != NULL && pin->text != NULL ? span_cstr(pin->text) : (struct span){ 0 };
}

bool pins_next(const struct pins *pins, size_t *at, struct pin_seen *seen_r)
{
    if (*at >= pins->count)
        return false;
    const struct pin *pin = &pins->items[(*at)++];
    *seen_r = (struct pin_seen){ .cause = pin->cause, .count = pin->count, .origin = origin_of(pin) };
    return true;
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
                               (pins->nameless & pin_bit(cause)) != 0 ? " and more" : "");
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
