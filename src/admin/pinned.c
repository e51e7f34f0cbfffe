#include "admin/pinned.h"

#include "base/clock.h"
#include "session/yield.h"
#include "stats/digests.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Oldest first; pins of unknown age come last. */
static bool is_older(uint64_t since_us, uint64_t than_us)
{
    return since_us != 0 && (than_us == 0 || since_us < than_us);
}

static void add_seen(struct pinned *pinned, const struct pin_seen *seen)
{
    size_t at = pinned->seen_count;
    while (at > 0 && is_older(seen->origin.since_us, pinned->seen[at - 1].origin.since_us))
        at--;
    if (pinned->seen_count == PINNED_SEEN_MAX)
        pinned->unseen++;
    else
        pinned->seen_count++;
    if (at == PINNED_SEEN_MAX)
        return;
    size_t after = pinned->seen_count - at - 1;
    memmove(&pinned->seen[at + 1], &pinned->seen[at], after * sizeof *pinned->seen);
    pinned->seen[at] = *seen;
}

static struct pinned_cause *find_cause(struct pinned *pinned, enum pin_cause cause)
{
    for (size_t i = 0; i < pinned->cause_count; i++)
        if (pinned->causes[i].cause == cause)
            return &pinned->causes[i];
    pinned->causes[pinned->cause_count] = (struct pinned_cause){ .cause = cause };
    return &pinned->causes[pinned->cause_count++];
}

static void add(struct pinned *pinned, const struct pin_seen *seen)
{
    struct pinned_cause *cause = find_cause(pinned, seen->cause);
    cause->count += seen->count;
    if (is_older(seen->origin.since_us, cause->since_us))
        cause->since_us = seen->origin.since_us;
    add_seen(pinned, seen);
}

/* The origin of a pin: a statement with that digest, if the digests still have its text. */
static struct pin_origin origin_of(const struct session *session, uint64_t shape, uint64_t since_us)
{
    struct span text = digests_text(&session->worker->digests, shape, session->who);
    return (struct pin_origin){ .since_us = since_us, .statement = pin_statement(text) };
}

static void add_transaction(const struct session *session, struct pinned *pinned)
{
    struct pin_seen seen = { .cause = PIN_TRANSACTION };
    seen.origin = origin_of(session, session->facets.transaction.shape, session->facets.transaction.since_us);
    add(pinned, &seen);
}

/* Adds pins of prepared statements. The statement is taken from the digests, because its own text contains
 * literals. */
static void add_statements(const struct session *session, struct pinned *pinned)
{
    for (int place = 0; place < SLOT_COUNT; place++)
        for (const struct prepared *prepared = session->prepared.by_id; prepared != NULL;
             prepared = prepared->hh.next) {
            uint32_t causes = prepared_pins(prepared, session->slots[place], (enum route_place)place);
            struct pin_seen seen = { .count = 1 };
            seen.origin = origin_of(session, prepared->facts.shape, prepared->pinned_us);
            for (; causes != 0; causes &= causes - 1) {
                seen.cause = (enum pin_cause)__builtin_ctz(causes);
                add(pinned, &seen);
            }
        }
}

static int by_age(const void *a, const void *b)
{
    const struct pinned_cause *x = a, *y = b;
    if (x->since_us != y->since_us)
        return is_older(x->since_us, y->since_us) ? -1 : 1;
    return (int)x->cause - (int)y->cause;
}

void pinned_look(const struct session *session, struct pinned *pinned_r)
{
    uint32_t causes = 0;
    *pinned_r = (struct pinned){ 0 };
    for (int place = 0; place < SLOT_COUNT; place++)
        causes |= yield_pins(session, (enum route_place)place);
    causes &= ~pin_bit(PIN_ANSWERS); /* ends soon by itself, and returns after each error */
    struct pin_seen seen;
    for (size_t at = 0; pins_next(&session->facets.pins, &at, &seen);)
        if ((causes & pin_bit(seen.cause)) != 0)
            add(pinned_r, &seen);
    if ((causes & pin_bit(PIN_TRANSACTION)) != 0)
        add_transaction(session, pinned_r);
    add_statements(session, pinned_r);
    for (; causes != 0; causes &= causes - 1) /* only the bit was kept: memory was out */
        (void)find_cause(pinned_r, (enum pin_cause)__builtin_ctz(causes));
    qsort(pinned_r->causes, pinned_r->cause_count, sizeof *pinned_r->causes, by_age);
}

void pinned_describe(const struct pinned *pinned, uint64_t now_us, struct text *text)
{
    for (size_t i = 0; i < pinned->cause_count; i++) {
        const struct pinned_cause *cause = &pinned->causes[i];
        (void)text_appendf(text, "%s%s", i > 0 ? ", " : "", pin_cause_words(cause->cause));
        if (cause->count > 0)
            (void)text_appendf(text, " (%u)", cause->count);
        if (cause->since_us != 0)
            (void)text_appendf(text, " %" PRId64 "s", clock_seconds_since(cause->since_us, now_us));
    }
}

void pinned_describe_statements(const struct pinned *pinned, uint64_t now_us, struct text *text)
{
    for (size_t i = 0; i < pinned->seen_count; i++) {
        const struct pin_seen *seen = &pinned->seen[i];
        (void)text_appendf(text, "%s%" PRId64 "s ", i > 0 ? "; " : "",
                           clock_seconds_since(seen->origin.since_us, now_us));
        if (seen->origin.statement.len > 0)
            (void)text_append_span(text, seen->origin.statement);
        else
            (void)text_append_cstr(text, "?");
    }
    if (pinned->unseen > 0)
        (void)text_appendf(text, "; and %zu more", pinned->unseen);
}
