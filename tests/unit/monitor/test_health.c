/* A server's state after a history of events.
 *
 * An event is a letter; each takes one step of time:
 *
 *   +  a probe passed, no lag                     D  drained by an operator
 *   -  a probe failed                             X  disabled by an operator
 *   o  a probe was answered by a refusal          E  enabled by an operator
 *   !  five failures of sessions                  P  pardoned
 *   ?  four failures of sessions                  N  replaced by another machine
 *   =  a success of a session                     .  a tick of the clock
 *
 *   l m n u  a probe passed, with a lag: l beyond the limit, m between half of the limit and the limit,
 *            n half of the limit, u unknown
 *
 * States: s starting, U up, L lagging, E ejected, D down, R draining, X disabled.
 */
#include "../base/unit.h"

#include "monitor/health.h"

#define SECOND 1000000u
#define STEP_US 250000u /* from one event to the next */

static const struct health_rules usual = {
    .rise = 2,
    .fall = 3,
    .interval_us = SECOND,
    .ejection_failures = 5,
    .ejection_base_us = SECOND,
    .ejection_max_us = 60 * SECOND,
    .max_lag_us = 30 * SECOND,
};

static char letter(enum server_state state)
{
    return "sULEDRX"[state];
}

static struct health_event event_of(char c)
{
    struct health_event event = { .kind = HEALTH_TICK, .may_eject = true, .random = UINT32_MAX / 2 };
    if (strchr("+lmnu", c) != NULL) {
        event.kind = HEALTH_PASSED;
        event.lag_ms = c == 'l' ? 30001 : c == 'm' ? 20000 : c == 'n' ? 15000 : c == 'u' ? -1 : 0;
    } else if (strchr("!?=", c) != NULL) {
        event.kind = HEALTH_TRAFFIC;
        event.failures = c == '!' ? 5 : c == '?' ? 4 : 0;
        event.successes = c == '=';
    } else if (strchr("DXE", c) != NULL) {
        event.kind = HEALTH_ORDERED;
        event.order = c == 'D' ? HEALTH_DRAINED : c == 'X' ? HEALTH_DISABLED : HEALTH_ENABLED;
    } else if (c == 'N') {
        event.kind = HEALTH_REPLACED;
    } else if (c != '.') {
        event.kind = c == '-' ? HEALTH_FAILED : c == 'o' ? HEALTH_ANSWERED : HEALTH_PARDONED;
    }
    return event;
}

static const struct {
    const char *what;
    int64_t rise, fall;
    const char *events, *states;
} rows[] = {
    { "the first answer is believed, whatever rise says", 2, 3, "+", "U" },
    { "and so is the first failure", 5, 5, "-", "D" },
    { "three failures in a row take it down, two do not", 2, 3, "+--+--+---", "UUUUUUUUUD" },
    { "two passes in a row bring it back, one does not", 2, 3, "-+-+-++", "DDDDDDU" },
    { "with 1 and 1 every probe decides", 1, 1, "+-+-", "UDUD" },
    { "down and up again", 2, 3, "+---++---", "UUUDDUUUD" },
    { "slow to trust, quick to doubt", 4, 1, "+-++-++++", "UDDDDDDDU" },
    { "a change starts the count anew", 2, 2, "+--+-++", "UUDDDDU" },
    { "overload is not death", 1, 2, "+oooo", "UUUUU" },
    { "nor does it end a row", 1, 2, "+-o-", "UUUD" },
    { "nor is it life", 2, 2, "-++--oo+", "DDUUDDDD" },
    { "but where nothing answered before, it is no answer", 1, 1, "o+", "DU" },

    { "another machine is as one that was never asked", 2, 3, "+--N-N+", "UUUsDsU" },
    { "its being full is no life", 1, 2, "+oNo", "UUsD" },
    { "nor is what sessions had of the old one its fault", 1, 2, "+?N+?!", "UUsUUE" },
    { "it is not ejected", 1, 2, "+!N+", "UEsU" },
    { "nor behind", 1, 2, "+lNu", "ULsU" },
    { "but what operators said holds", 1, 2, "+DN+EXNE+", "URRRUXXsU" },

    { "five failures in a row eject", 1, 2, "+!", "UE" },
    { "four do not, and a success ends the row", 1, 2, "+?=?", "UUUU" },
    { "four and four do", 1, 2, "+??", "UUE" },
    { "a second later it is back, with a passed probe", 1, 2, "+!...+.", "UEEEEUU" },
    { "one that passed meanwhile will do", 1, 2, "+!.+..", "UEEEEU" },
    { "but not without one", 1, 2, "+!......+", "UEEEEEEEU" },
    { "one from before the ejection is not one", 1, 2, "++!....o..", "UUEEEEEEEE" },
    { "down is stronger", 1, 2, "+!--..++", "UEEDDDUU" },
    { "and what is beneath goes on", 1, 1, "+!-+.+", "UEDEEU" },
    { "failures while it is down count for nothing", 1, 1, "+-!!+", "UDDDU" },
    { "a pardon ends it", 1, 1, "+!P", "UEU" },
    { "the second one lasts two seconds", 1, 1, "+!++++!++++++++", "UEEEEUEEEEEEEEU" },

    { "behind, and back below half", 1, 1, "+lmmnm", "ULLLUU" },
    { "up to the limit it is not behind", 1, 1, "+mm", "UUU" },
    { "unknown changes nothing", 1, 1, "uulun", "UULLU" },
    { "ejected is stronger", 1, 1, "+l!....lll", "ULEEEEELLL" },
    { "down is stronger than behind", 1, 1, "l-l", "LDL" },

    { "an operator is stronger than all", 1, 1, "+D-+E", "URRRU" },
    { "beneath, the probes go on", 1, 1, "+X-E", "UXXD" },
    { "disabled instead of drained", 1, 1, "+DXDE", "URXRU" },
    { "drained before anybody knows", 2, 2, "D+E", "RRU" },
    { "enabled before anybody knows", 2, 2, "DE+", "RsU" },
    { "ejected while drained", 1, 1, "+D!E", "URRE" },
};

TEST(history_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct health_rules rules = usual;
        struct health health;
        rules.rise = rows[i].rise;
        rules.fall = rows[i].fall;
        health_begin(&health, 1);
        assert_int_equal(health.state, SERVER_STARTING);
        for (size_t n = 0; rows[i].events[n] != '\0'; n++) {
            struct health_event event = event_of(rows[i].events[n]);
            enum server_state before = health.state;
            uint64_t now_us = (n + 1) * STEP_US;
            bool has_changed = health_note(&health, &rules, &event, now_us);
            assert_row(letter(health.state) == rows[i].states[n], "%s: %s, event %zu: %c", rows[i].what,
                       rows[i].events, n + 1, letter(health.state));
            assert_int_equal(has_changed, health.state != before);
            if (has_changed)
                assert_true(health.since_us == now_us);
            assert_true(*health_reason(&health) != '\0');
        }
    }
}

/* ---- duration of ejections ---- */

static void note(struct health *health, const struct health_rules *rules, char c, uint64_t now_us)
{
    struct health_event event = event_of(c);
    (void)health_note(health, rules, &event, now_us);
}

TEST(ejections_double_up_to_the_longest_and_are_forgotten)
{
    static const unsigned seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    struct health health;
    uint64_t now_us = SECOND;
    health_begin(&health, 0);
    note(&health, &usual, '+', now_us);
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        note(&health, &usual, '!', now_us);
        uint64_t length_us = health.ejected_until_us - now_us;
        assert_row(length_us + 2 > seconds[i] * (uint64_t)SECOND &&
                       length_us <= seconds[i] * (uint64_t)SECOND,
                   "ejection %zu: %llu us", i + 1, (unsigned long long)length_us);
        now_us = health.ejected_until_us - 1;
        note(&health, &usual, '+', now_us);
        assert_int_equal(health.state, SERVER_EJECTED);
        note(&health, &usual, '.', ++now_us);
        assert_int_equal(health.state, SERVER_UP);
        /* one second less than the time after which ejections are forgotten */
        now_us += 59 * (uint64_t)SECOND;
    }
    now_us += SECOND;
    note(&health, &usual, '!', now_us);
    assert_true(health.ejected_until_us - now_us <= SECOND);
}

TEST(the_length_of_an_ejection_is_a_fifth_more_or_less)
{
    static const struct {
        uint32_t random;
        uint64_t length_us;
    } lengths[] = { { 0, 800000 }, { UINT32_MAX, 1200000 }, { UINT32_MAX / 4, 900000 } };
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct health health;
        struct health_event event = event_of('!');
        event.random = lengths[i].random;
        health_begin(&health, 0);
        note(&health, &usual, '+', 1);
        (void)health_note(&health, &usual, &event, 1000);
        uint64_t until_us = 1000 + lengths[i].length_us;
        assert_row(health.ejected_until_us <= until_us && health.ejected_until_us + 2 > until_us, "%u: %llu",
                   lengths[i].random, (unsigned long long)health.ejected_until_us);
    }
}

TEST(what_the_cluster_cannot_spare_or_is_told_not_to_is_not_ejected)
{
    struct health health;
    struct health_rules never = usual;
    struct health_event event = event_of('!');
    never.ejection_failures = 0;
    health_begin(&health, 0);
    note(&health, &usual, '+', 1);
    for (unsigned i = 0; i < 100; i++)
        assert_false(health_note(&health, &never, &event, i));
    event.may_eject = false;
    for (unsigned i = 0; i < 100; i++)
        assert_false(health_note(&health, &usual, &event, i));
    /* The failures are still counted: the next failure that may eject the server does. */
    event = event_of('!');
    event.failures = 1;
    assert_true(health_note(&health, &usual, &event, 200));
}

TEST(lag_may_be_no_matter)
{
    struct health health;
    struct health_rules any = usual;
    any.max_lag_us = 0;
    health_begin(&health, 0);
    note(&health, &any, 'l', 1);
    assert_int_equal(health.state, SERVER_UP);
    note(&health, &usual, 'l', 2);
    assert_int_equal(health.state, SERVER_LAGGING);
    note(&health, &any, 'u', 3); /* the limit of lag is gone */
    assert_int_equal(health.state, SERVER_UP);
}

TEST(it_is_known_when_it_came_back)
{
    struct health health;
    struct health_rules rules = usual;
    rules.rise = rules.fall = 1;
    health_begin(&health, 0);
    note(&health, &rules, '+', 10);
    assert_true(health.back_us == 0); /* the first start does not count as a return */
    note(&health, &rules, '-', 20);
    note(&health, &rules, '+', 30);
    assert_true(health.back_us == 30);
    note(&health, &rules, 'l', 40);
    note(&health, &rules, 'n', 50);
    note(&health, &rules, 'D', 60);
    note(&health, &rules, 'E', 70);
    assert_true(health.back_us == 30); /* a return from lag or from an operator's order needs no slow start */
    note(&health, &rules, '!', 80);
    note(&health, &rules, '+', 80 + 2 * SECOND);
    assert_true(health.back_us == 80 + 2 * SECOND);
}

/* ---- when to probe again, and which servers may stay ---- */

TEST(a_doubt_is_resolved_sooner_than_the_interval)
{
    struct health health;
    health_begin(&health, 0);
    note(&health, &usual, '+', 1);
    assert_true(health_probe_after(&health, &usual, 1) == SECOND);
    note(&health, &usual, '-', 2);
    assert_true(health_probe_after(&health, &usual, 2) == SECOND / 4);
    note(&health, &usual, '-', 3);
    assert_true(health_probe_after(&health, &usual, 3) == SECOND / 4);
    note(&health, &usual, '-', 4); /* the third failure: the server is down */
    assert_true(health_probe_after(&health, &usual, 4) == SECOND);
    note(&health, &usual, '+', 5);
    assert_true(health_probe_after(&health, &usual, 5) == SECOND);
    note(&health, &usual, '+', 6);
    note(&health, &usual, '!', 10);
    assert_true(health_probe_after(&health, &usual, health.ejected_until_us - 7) == 7);
    assert_true(health_probe_after(&health, &usual, health.ejected_until_us) == SECOND);
}

TEST(share_rows)
{
    static const struct {
        size_t servers, replicas, ejected;
        int64_t max_share;
        bool may;
    } shares[] = {
        { 3, 2, 0, 50, true },  { 3, 2, 1, 50, false },  { 5, 4, 1, 50, true },    { 5, 4, 2, 50, false },
        { 3, 2, 0, 10, true },  { 3, 2, 1, 10, false },  { 2, 1, 0, 10, false },   { 2, 1, 0, 50, true },
        { 3, 2, 0, 0, false },  { 9, 8, 0, 0, false },   { 4, 3, 2, 100, true },   { 4, 3, 4, 100, false },
        { 1, 0, 0, 50, false }, { 11, 10, 4, 50, true }, { 11, 10, 5, 50, false },
    };
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        assert_row(health_may_eject(shares[i].servers, shares[i].replicas, shares[i].ejected,
                                    shares[i].max_share) == shares[i].may,
                   "row %zu", i);
}

/* ---- the model: the whole history is read again after each event, for one question at a time ---- */

#define HISTORY 120
#define HISTORY_MAX (HISTORY + 1) /* + 1: the operator's order, which is kept when the machine is replaced */

struct happened {
    struct health_event event;
    uint64_t at_us;
};

struct model {
    struct happened history[HISTORY_MAX];
    size_t count;
    struct health_rules rules;
    enum server_state probed[HISTORY_MAX]; /* by probes alone, after each event */
    bool is_ejected[HISTORY_MAX];
};

static enum server_state model_probed(const struct model *model)
{
    enum server_state now = SERVER_STARTING;
    int64_t passes = 0, failures = 0;
    bool has_answered = false;
    for (size_t i = 0; i < model->count; i++) {
        enum health_event_kind kind = model->history[i].event.kind;
        bool has_failed = kind == HEALTH_FAILED || (kind == HEALTH_ANSWERED && !has_answered);
        if (kind != HEALTH_PASSED && !has_failed)
            continue;
        has_answered = has_answered || kind == HEALTH_PASSED;
        passes = has_failed ? 0 : passes + 1;
        failures = has_failed ? failures + 1 : 0;
        if (now == SERVER_STARTING)
            now = has_failed ? SERVER_DOWN : SERVER_UP;
        else if (now == SERVER_DOWN && passes >= model->rules.rise)
            now = SERVER_UP;
        else if (now == SERVER_UP && failures >= model->rules.fall)
            now = SERVER_DOWN;
    }
    return now;
}

static bool model_is_lagging(const struct model *model)
{
    int64_t limit_ms = (int64_t)(model->rules.max_lag_us / 1000);
    bool is_lagging = false;
    for (size_t i = 0; i < model->count && limit_ms > 0; i++) {
        int64_t lag_ms = model->history[i].event.lag_ms;
        if (model->history[i].event.kind != HEALTH_PASSED)
            continue;
        if (lag_ms > limit_ms)
            is_lagging = true;
        if (lag_ms >= 0 && lag_ms <= limit_ms / 2)
            is_lagging = false;
    }
    return is_lagging;
}

static enum health_order model_order(const struct model *model)
{
    for (size_t i = model->count; i-- > 0;)
        if (model->history[i].event.kind == HEALTH_ORDERED)
            return model->history[i].event.order;
    return HEALTH_ENABLED;
}

static bool model_was_out(const struct model *model, size_t i)
{
    return model->probed[i] == SERVER_DOWN || model->is_ejected[i];
}

/* Finds the last time before event `i` at which the server came back from being down or ejected. False: it
 * never did. */
static bool model_came_back(const struct model *model, size_t i, size_t *when_r)
{
    for (size_t n = i; n-- > 1;)
        if (!model_was_out(model, n) && model_was_out(model, n - 1)) {
            *when_r = n;
            return true;
        }
    return false;
}

/* Consecutive failures up to and including event `last`, as far as they count. */
static uint64_t model_row(const struct model *model, size_t last)
{
    uint64_t row = 0;
    for (size_t i = last + 1; i-- > 0;) {
        const struct health_event *event = &model->history[i].event;
        bool was_up = i > 0 && model->probed[i - 1] == SERVER_UP && !model->is_ejected[i - 1];
        if (event->kind == HEALTH_PARDONED)
            break;
        if (event->kind == HEALTH_TRAFFIC && (event->successes > 0 || !was_up))
            break;
        if (i < last && i > 0 && model_was_out(model, i - 1) && !model_was_out(model, i))
            break;
        if (event->kind == HEALTH_TRAFFIC)
            row += event->failures;
    }
    return row;
}

static bool model_begins_ejection(const struct model *model, size_t i)
{
    const struct health_event *event = &model->history[i].event;
    return event->kind == HEALTH_TRAFFIC && event->may_eject && event->failures > 0 &&
           model->rules.ejection_failures > 0 && i > 0 && !model->is_ejected[i - 1] &&
           model->probed[i - 1] == SERVER_UP &&
           model_row(model, i) >= (uint64_t)model->rules.ejection_failures;
}

/* How many ejections in succession came shortly before the ejection of event `i`. */
static unsigned model_doublings(const struct model *model, size_t i)
{
    size_t back, former = i;
    while (former-- > 0)
        if (model_begins_ejection(model, former))
            break;
    if (former == SIZE_MAX || !model_came_back(model, i, &back) ||
        model->history[i].at_us - model->history[back].at_us >= model->rules.ejection_max_us)
        return 0;
    return 1 + model_doublings(model, former);
}

/* True when the server is ejected after the last event. */
static bool model_is_ejected(const struct model *model)
{
    size_t last = model->count - 1, begin = last + 1;
    while (begin-- > 0)
        if (model_begins_ejection(model, begin))
            break;
    if (begin == SIZE_MAX || (begin < last && !model->is_ejected[last - 1]))
        return false;
    uint64_t length_us = model->rules.ejection_base_us;
    for (unsigned n = model_doublings(model, begin); n > 0 && length_us < model->rules.ejection_max_us; n--)
        length_us *= 2;
    if (length_us > model->rules.ejection_max_us)
        length_us = model->rules.ejection_max_us;
    length_us = model->history[begin].event.random == 0 ? length_us * 4 / 5 : length_us * 6 / 5;
    bool has_passed = false;
    for (size_t i = begin + 1; i <= last; i++) {
        if (model->history[i].event.kind == HEALTH_PARDONED)
            return false;
        has_passed = has_passed || model->history[i].event.kind == HEALTH_PASSED;
    }
    return !has_passed || model->history[last].at_us < model->history[begin].at_us + length_us;
}

static enum server_state model_state(struct model *model)
{
    size_t last = model->count - 1;
    model->probed[last] = model_probed(model);
    model->is_ejected[last] = model_is_ejected(model);
    if (model_order(model) == HEALTH_DISABLED)
        return SERVER_DISABLED;
    if (model_order(model) == HEALTH_DRAINED)
        return SERVER_DRAINING;
    if (model->probed[last] != SERVER_UP)
        return model->probed[last];
    if (model->is_ejected[last])
        return SERVER_EJECTED;
    return model_is_lagging(model) ? SERVER_LAGGING : SERVER_UP;
}

static struct health_event random_event(uint64_t *seed, unsigned bad_luck)
{
    static const enum health_event_kind kinds[] = { HEALTH_PASSED,  HEALTH_PASSED, HEALTH_TRAFFIC,
                                                    HEALTH_TRAFFIC, HEALTH_TICK,   HEALTH_FAILED };
    static const enum health_event_kind rare[] = { HEALTH_ANSWERED, HEALTH_PARDONED, HEALTH_ORDERED,
                                                   HEALTH_FAILED };
    static const int64_t lags[] = { -1, 0, 499, 500, 501, 999, 1000, 1001, 5000 };
    bool is_rare = chance(seed, 8), has_luck = !chance(seed, bad_luck);
    return (struct health_event){
        .kind =
            is_rare ? rare[next_random(seed) % COUNT_OF(rare)] : kinds[next_random(seed) % COUNT_OF(kinds)],
        .lag_ms = lags[next_random(seed) % COUNT_OF(lags)],
        .successes = has_luck ? next_random(seed) % 3 : 0,
        .failures = has_luck ? 0 : next_random(seed) % 4,
        .may_eject = !chance(seed, 6),
        .random = chance(seed, 2) ? 0 : UINT32_MAX,
        .order = chance(seed, 2) ? HEALTH_ENABLED : (enum health_order)(next_random(seed) % 3),
    };
}

/* Another machine: of the history only the operator's last order is kept. */
static struct health_event forget_all(struct model *model)
{
    enum health_order order = model_order(model);
    model->count = 0;
    model->history[model->count++] =
        (struct happened){ { .kind = HEALTH_ORDERED, .order = order }, .at_us = 0 };
    (void)model_state(model);
    return (struct health_event){ .kind = HEALTH_REPLACED };
}

TEST(health_agrees_with_all_of_history)
{
    static struct model model;
    unsigned seen[SERVER_DISABLED + 1] = { 0 }, longest = 0;
    for (unsigned round = 0; round < 4000; round++) {
        uint64_t seed = 81 + round, now_us = 0;
        struct health health;
        unsigned bad_luck = 1 + next_random(&seed) % 4;
        memset(&model, 0, sizeof model);
        model.rules = (struct health_rules){ .rise = 1 + next_random(&seed) % 4,
                                             .fall = 1 + next_random(&seed) % 4,
                                             .interval_us = SECOND,
                                             .ejection_failures = next_random(&seed) % 6,
                                             .ejection_base_us = (1 + next_random(&seed) % 3) * SECOND / 2,
                                             .ejection_max_us = (2 + next_random(&seed) % 8) * SECOND,
                                             .max_lag_us = chance(&seed, 4) ? 0 : SECOND };
        health_begin(&health, 0);
        for (size_t i = 0; i < HISTORY; i++) {
            now_us += next_random(&seed) % 10 * 100000;
            struct health_event event = random_event(&seed, bad_luck);
            if (chance(&seed, 60))
                event = forget_all(&model);
            model.history[model.count++] = (struct happened){ event, now_us };
            (void)health_note(&health, &model.rules, &event, now_us);
            enum server_state expected = model_state(&model);
            assert_row(health.state == expected, "seed %u, event %zu: %c, not %c", 81 + round, i,
                       letter(health.state), letter(expected));
            seen[health.state]++;
            longest = health.ejections > longest ? health.ejections : longest;
        }
    }
    /* The histories contained all states. */
    for (enum server_state s = SERVER_STARTING; s <= SERVER_DISABLED; s++)
        assert_row(seen[s] > 500, "state %c: %u", letter(s), seen[s]);
    assert_true(longest >= 4);
}

RUN_TESTS(NULL, NULL)
