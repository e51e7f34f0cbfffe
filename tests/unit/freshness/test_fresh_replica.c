/* Where a read goes, by what its session has written and seen: rows of state and result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "freshness/fresh_replica.h"

#define FOLLOWED .has_demand = true, .is_followed = true
#define KNOWN FOLLOWED, .is_known = true

static const struct {
    const char *name;
    struct gate_state state;
    enum gate_verdict want;
} rows[] = {
    { "nothing written, nothing seen", { 0 }, GATE_PASS },
    { "… on a replica", { .has_replica = true, .is_followed = true, .is_known = true }, GATE_PASS },
    { "… and no GTIDs", { .has_replica = true, .is_known = true }, GATE_PASS },
    { "its replica has it", { KNOWN, .has_replica = true, .replica_has = true }, GATE_PASS },
    { "… and another one too",
      { KNOWN, .has_replica = true, .replica_has = true, .another_has = true },
      GATE_PASS },
    { "… after a wait", { KNOWN, .has_replica = true, .replica_has = true, .has_waited = true }, GATE_PASS },
    { "its replica lacks it", { KNOWN, .has_replica = true }, GATE_WAIT },
    { "… and another one has it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true },
      GATE_WAIT },
    { "… and it has waited",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .has_waited = true },
      GATE_MOVE },
    { "… but what it saw here may be newer",
      { KNOWN, .has_replica = true, .another_has = true, .has_waited = true },
      GATE_PRIMARY },
    { "nobody has it, it has waited",
      { KNOWN, .has_replica = true, .may_leave = true, .has_waited = true },
      GATE_PRIMARY },
    { "on no replica, one has it", { KNOWN, .another_has = true }, GATE_MOVE },
    { "on no replica, none has it", { KNOWN, .may_leave = true }, GATE_WAIT },
    { "on no replica, none has it, it has waited",
      { KNOWN, .may_leave = true, .has_waited = true },
      GATE_PRIMARY },
    { "what it asks for is not known yet",
      { FOLLOWED, .has_replica = true, .replica_has = true, .another_has = true, .may_leave = true },
      GATE_WAIT },
    { "… and it has waited",
      { FOLLOWED, .has_replica = true, .replica_has = true, .another_has = true, .may_leave = true,
        .has_waited = true },
      GATE_PRIMARY },
    { "no GTIDs",
      { .has_demand = true, .is_known = true, .has_replica = true, .replica_has = true },
      GATE_PRIMARY },
    { "bound to its replica, which has it",
      { KNOWN, .has_replica = true, .replica_has = true, .is_bound = true },
      GATE_PASS },
    { "bound to its replica, which lacks it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .has_waited = true,
        .is_bound = true },
      GATE_WAIT },
    { "never the primary's, nobody has it",
      { KNOWN, .has_replica = true, .may_leave = true, .has_waited = true, .is_never_primary_s = true },
      GATE_WAIT },
    { "never the primary's, another one has it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .is_never_primary_s = true },
      GATE_MOVE },
    { "never the primary's, and no GTIDs",
      { .has_demand = true, .has_replica = true, .is_never_primary_s = true },
      GATE_WAIT },
    { "bound, and no GTIDs", { .has_demand = true, .has_replica = true, .is_bound = true }, GATE_WAIT },
};

static void rows_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum gate_verdict verdict = fresh_replica_decide(&rows[i].state);
        if (verdict != rows[i].want)
            fail_msg("%s: %d, not %d", rows[i].name, (int)verdict, (int)rows[i].want);
    }
}

/* Whatever else is true: a replica that is not known to have the required data gets no read. */
static void nothing_passes_unproven(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 1024; bits++) {
        struct gate_state it = { bits & 1,  bits & 2,  bits & 4,   bits & 8,   bits & 16,
                                 bits & 32, bits & 64, bits & 128, bits & 256, bits & 512 };
        enum gate_verdict verdict = fresh_replica_decide(&it);
        bool is_proven = it.is_known && it.is_followed;
        if (verdict == GATE_PASS)
            assert_true(!it.has_demand || (is_proven && it.has_replica && it.replica_has));
        if (verdict == GATE_MOVE)
            assert_true(is_proven && it.another_has && !it.is_bound && (!it.has_replica || it.may_leave));
        bool is_stuck = it.is_bound || it.is_never_primary_s;
        if (it.has_waited && !is_stuck)
            assert_int_not_equal(verdict, GATE_WAIT);
        if (verdict == GATE_PRIMARY)
            assert_false(is_stuck);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_decide),
        cmocka_unit_test(nothing_passes_unproven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
