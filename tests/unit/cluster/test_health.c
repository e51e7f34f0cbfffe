/* Probes' outcomes, one character each: + passed, - failed; the states they lead to: s starting, U up, D
 * down. */
#include "../base/unit.h"

#include "cluster/health.h"

static char letter(enum server_state state)
{
    return state == SERVER_STARTING ? 's' : state == SERVER_UP ? 'U' : 'D';
}

static void history_rows(void **state)
{
    (void)state;
    static const struct {
        int64_t rise, fall;
        const char *probes, *states;
    } rows[] = {
        /* the first answer is believed, whatever rise and fall say */
        { 2, 3, "+", "U" },
        { 2, 3, "-", "D" },
        { 5, 5, "-", "D" },
        /* three failures in a row take it down, two do not */
        { 2, 3, "+--+--+---", "UUUUUUUUUD" },
        /* two passes in a row bring it back, one does not */
        { 2, 3, "-+-+-++", "DDDDDDU" },
        /* with 1 and 1 every probe decides */
        { 1, 1, "+-+-", "UDUD" },
        /* down and up again */
        { 2, 3, "+---++---", "UUUDDUUUD" },
        /* slow to trust, quick to doubt */
        { 4, 1, "+-++-++++", "UDDDDDDDU" },
        /* a change starts the count anew */
        { 2, 2, "+--+-++", "UUDDDDU" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct health health;
        health_begin(&health, 1);
        assert_int_equal(health.state, SERVER_STARTING);
        for (size_t n = 0; rows[i].probes[n] != '\0'; n++) {
            enum server_state before = health.state;
            bool has_changed =
                health_note(&health, rows[i].probes[n] == '+', rows[i].rise, rows[i].fall, 10 + n);
            assert_row(letter(health.state) == rows[i].states[n], "%s, probe %zu: %c", rows[i].probes, n + 1,
                       letter(health.state));
            assert_int_equal(has_changed, health.state != before);
            if (has_changed)
                assert_true(health.since_us == 10 + n);
        }
    }
}

/* The plain reference: look at all of history each time. */
static enum server_state judge(const bool *history, size_t count, int64_t rise, int64_t fall)
{
    enum server_state now = SERVER_STARTING;
    int64_t passes = 0, failures = 0;
    for (size_t i = 0; i < count; i++) {
        passes = history[i] ? passes + 1 : 0;
        failures = history[i] ? 0 : failures + 1;
        if (now == SERVER_STARTING)
            now = history[i] ? SERVER_UP : SERVER_DOWN;
        else if (now == SERVER_DOWN && passes >= rise)
            now = SERVER_UP;
        else if (now == SERVER_UP && failures >= fall)
            now = SERVER_DOWN;
    }
    return now;
}

static void health_agrees_with_all_of_history(void **state)
{
    (void)state;
    uint64_t seed = 81;
    for (unsigned round = 0; round < 2000; round++) {
        bool history[60];
        struct health health;
        int64_t rise = 1 + next_random(&seed) % 5, fall = 1 + next_random(&seed) % 5;
        unsigned luck = 1 + next_random(&seed) % 5;
        health_begin(&health, 0);
        for (size_t i = 0; i < COUNT_OF(history); i++) {
            history[i] = chance(&seed, luck);
            (void)health_note(&health, history[i], rise, fall, i);
            assert_row(health.state == judge(history, i + 1, rise, fall), "round %u, probe %zu", round,
                       i + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_rows),
        cmocka_unit_test(health_agrees_with_all_of_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
