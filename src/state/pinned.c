#include "state/pinned.h"

#include "pool/yield.h"
#include "session/cost.h"
#include "state/reply_effects.h"

#include <stdlib.h>
#include <string.h>

/* ---- why ---- */

uint32_t pinned_by_state(const struct session *session, enum route_place place)
{
    bool has_pins = place == ROUTE_PRIMARY || session->door->settings->mode == LISTENER_REPLICA;
    enum route_variables variables = place == ROUTE_PRIMARY ? VARIABLES_PRIMARY : VARIABLES_REPLICA;
    if (session->is_new)
        return 0;
    bool has_transaction = effects_has_transaction(session) && place == effects_home(session);
    return (has_transaction ? pin_bit(PIN_TRANSACTION) : 0) |
           (session->facets.variables == variables ? pin_bit(PIN_USER_VARIABLES) : 0) |
           (has_pins ? session->facets.pins.causes : 0);
}

/* Which row "IS NULL" finds with sql_auto_is_null is in its connection only. */
static uint32_t by_ids(const struct session *session, enum route_place place)
{
    bool has_ids = session->facets.vars.is_auto_is_null && place == effects_home(session);
    return has_ids ? pin_bit(PIN_AUTO_IS_NULL) : 0;
}

/* Long data and open cursors are in one connection only; a statement too long to be kept cannot be prepared
 * again. */
static uint32_t by_statement(const struct session *session, const struct prepared *prepared,
                             enum route_place place)
{
    const struct slot *slot = &session->slots[place];
    if (slot->upstream == NULL || prepared->copies[place].generation != slot->generation)
        return 0;
    bool is_last = prepared->last_place == (int)place;
    return (prepared->sql.len == 0 ? pin_bit(PIN_LONG_PREPARED) : 0) |
           (is_last && prepared->has_long_data ? pin_bit(PIN_LONG_DATA) : 0) |
           (is_last && prepared->has_cursor ? pin_bit(PIN_CURSOR) : 0);
}

uint32_t pinned_by_statements(const struct session *session, enum route_place place)
{
    uint32_t causes = 0;
    for (const struct prepared *prepared = session->prepared.by_id; prepared != NULL;
         prepared = prepared->hh.next)
        causes |= by_statement(session, prepared, place);
    return causes;
}

uint32_t pinned_by(const struct session *session, enum route_place place)
{
    uint32_t answers = yield_has_own_answers(session, place) ? pin_bit(PIN_ANSWERS) : 0;
    return pinned_by_state(session, place) | by_ids(session, place) | answers |
           pinned_by_statements(session, place);
}

/* ---- noting and counting ---- */

/* What has no end of its own in pins.c, and is noted there with its origin; of a transaction, which begins
 * too often for that, the session has all that is to be known. */
static const uint32_t noted = UINT32_C(1) << PIN_USER_VARIABLES | UINT32_C(1) << PIN_AUTO_IS_NULL;

static struct pin_counters *counters_of(const struct session *session)
{
    return &session->worker->boxes[session->door->cluster].pins;
}

static __attribute__((noinline)) void note(struct session *session, uint32_t causes)
{
    struct pins *pins = &session->facets.pins;
    uint32_t fresh = causes & ~pins->noted;
    struct pin_origin origin = { .since_us = session_now(session) };
    if ((fresh & pin_bit(PIN_TRANSACTION)) != 0) {
        session->facets.transaction.since_us = session_now(session);
        session->facets.transaction.shape = session->job.facts.shape;
    }
    if ((fresh & noted) != 0)
        origin.statement = cost_statement(session);
    pins_note(pins, causes, noted, &origin, counters_of(session));
}

void pinned_note(struct session *session)
{
    uint32_t causes = by_ids(session, effects_home(session));
    for (int place = 0; place < PREPARED_PLACES; place++)
        causes |= pinned_by_state(session, (enum route_place)place);
    if (causes != session->facets.pins.noted)
        note(session, causes);
}

void pinned_count(struct session *session, enum pin_cause cause)
{
    counter_add(&counters_of(session)->by_cause[cause], 1);
}

void pinned_note_statement(struct session *session, struct prepared *prepared, enum pin_cause cause)
{
    prepared->pinned_us = session_now(session);
    pinned_count(session, cause);
}

/* ---- for people ---- */

/* In order of age; what is of unknown age comes last. */
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

static void add_pins(const struct session *session, uint32_t causes, struct pinned *pinned)
{
    struct pin_seen seen;
    for (size_t at = 0; pins_next(&session->facets.pins, &at, &seen);)
        if ((causes & pin_bit(seen.cause)) != 0)
            add(pinned, &seen);
}

/* What a statement of that shape is, if the digests still have it. */
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

/* Their statements are told by their digests: the texts themselves have literals. */
static void add_statements(const struct session *session, struct pinned *pinned)
{
    for (int place = 0; place < PREPARED_PLACES; place++)
        for (const struct prepared *prepared = session->prepared.by_id; prepared != NULL;
             prepared = prepared->hh.next) {
            uint32_t causes = by_statement(session, prepared, (enum route_place)place);
            struct pin_seen seen = { .count = 1 };
            seen.origin = origin_of(session, prepared->facts.shape, prepared->pinned_us);
            for (; causes != 0; causes &= causes - 1) {
                seen.cause = (enum pin_cause)__builtin_ctz(causes);
                add(pinned, &seen);
            }
        }
}

/* Those of which no memory was left to remember more. */
static void add_rest(uint32_t causes, struct pinned *pinned)
{
    for (; causes != 0; causes &= causes - 1)
        (void)find_cause(pinned, (enum pin_cause)__builtin_ctz(causes));
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
    for (int place = 0; place < PREPARED_PLACES; place++)
        causes |= pinned_by(session, (enum route_place)place);
    causes &= ~pin_bit(PIN_ANSWERS); /* over in a moment, and there again after each error */
    add_pins(session, causes, pinned_r);
    if ((causes & pin_bit(PIN_TRANSACTION)) != 0)
        add_transaction(session, pinned_r);
    add_statements(session, pinned_r);
    add_rest(causes, pinned_r);
    qsort(pinned_r->causes, pinned_r->cause_count, sizeof *pinned_r->causes, by_age);
}

/* Of a time that the session's clock has not reached nothing has passed. */
static unsigned long long age_s(uint64_t since_us, uint64_t now_us)
{
    return since_us < now_us ? (now_us - since_us) / 1000000 : 0;
}

void pinned_describe(const struct pinned *pinned, uint64_t now_us, struct text *text)
{
    for (size_t i = 0; i < pinned->cause_count; i++) {
        const struct pinned_cause *cause = &pinned->causes[i];
        (void)text_appendf(text, "%s%s", i > 0 ? ", " : "", pin_cause_words(cause->cause));
        if (cause->count > 0)
            (void)text_appendf(text, " (%u)", cause->count);
        if (cause->since_us != 0)
            (void)text_appendf(text, " %llus", age_s(cause->since_us, now_us));
    }
}

void pinned_describe_statements(const struct pinned *pinned, uint64_t now_us, struct text *text)
{
    for (size_t i = 0; i < pinned->seen_count; i++) {
        const struct pin_seen *seen = &pinned->seen[i];
        (void)text_appendf(text, "%s%llus ", i > 0 ? "; " : "", age_s(seen->origin.since_us, now_us));
        if (seen->origin.statement.len > 0)
            (void)text_append_span(text, seen->origin.statement);
        else
            (void)text_append_cstr(text, "?");
    }
    if (pinned->unseen > 0)
        (void)text_appendf(text, "; and %zu more", pinned->unseen);
}
