/* What the servers say, and who is what.
 *
 * A server is four letters: u up, d down; w writable, r read_only; - replicates from nobody, s has a source;
 * a its SQL thread runs, . it does not. Verdicts: P primary, R replica that takes reads, r replica that does
 * not, ? of unknown role. `present` and `primary` count from 1; 0 is none.
 */
#include "../base/unit.h"

#include "cluster/topology.h"

#define SERVERS_MAX 8

static const struct {
    const char *what, *servers;
    int present;
    const char *verdicts;
    int primary;
} rows[] = {
    /* one server */
    { "alone and writable", "uw-.", 0, "P", 1 },
    { "alone, read_only", "ur-.", 0, "?", 0 },
    { "alone, down", "dw-.", 0, "?", 0 },
    { "alone, was primary, down", "dw-.", 1, "?", 0 },
    { "alone, a replica", "ursa", 0, "R", 0 },
    /* the usual three */
    { "a primary, two replicas", "uw-. ursa ursa", 0, "PRR", 1 },
    { "the same, the primary elsewhere", "ursa uw-. ursa", 0, "RPR", 2 },
    { "the primary stays", "uw-. ursa ursa", 1, "PRR", 1 },
    { "a replica is down", "uw-. dr.. ursa", 1, "P?R", 1 },
    { "a replica is stopped", "uw-. urs. ursa", 1, "PrR", 1 },
    { "all replicas are stopped", "uw-. urs. urs.", 1, "Prr", 1 },
    { "a new server, nothing set up yet", "uw-. ur-. ursa", 1, "P?R", 1 },
    /* the primary is away */
    { "the primary is down: reads go on", "dw-. ursa ursa", 1, "?RR", 0 },
    { "the primary became read_only", "ur-. ursa ursa", 1, "?RR", 0 },
    { "everything is down", "dw-. drsa drsa", 1, "???", 0 },
    { "nobody is writable", "ur-. ur-. ur-.", 0, "???", 0 },
    /* a replica was promoted */
    { "the new primary, the old one down", "dw-. uw-. ursa", 1, "?PR", 2 },
    { "the old primary comes back writable", "uw-. uw-. ursa", 2, "?PR", 2 },
    { "the old primary comes back as a replica", "ursa uw-. ursa", 2, "RPR", 2 },
    { "writable before its link is gone", "dw-. uwsa ursa", 1, "??R", 0 },
    { "switchover: both read_only for a moment", "ur-. ursa ursa", 0, "?RR", 0 },
    { "switchover: the old one follows the new", "ursa uw-. ursa", 1, "RPR", 2 },
    /* several writable servers */
    { "two writable from the start: nobody", "uw-. uw-. ursa", 0, "??R", 0 },
    { "two writable, one was primary: it stays", "uw-. uw-. ursa", 1, "P?R", 1 },
    { "two writable, neither was primary", "dw-. uw-. uw-.", 1, "???", 0 },
    { "three writable", "uw-. uw-. uw-.", 3, "??P", 3 },
    { "two writable, one of them down", "uw-. dw-. ursa", 0, "P?R", 1 },
    /* rings */
    { "two masters of each other, both writable", "uwsa uwsa", 0, "??", 0 },
    { "two masters of each other, one read_only", "uwsa ursa", 0, "?R", 0 },
    { "a replica that is writable takes no reads", "uw-. uwsa", 1, "P?", 1 },
    /* none */
    { "no servers", "", 0, "", 0 },
};

static size_t read_servers(const char *text, struct topology_facts facts[SERVERS_MAX])
{
    size_t count = 0;
    for (; *text != '\0'; text += text[4] == ' ' ? 5 : 4)
        facts[count++] = (struct topology_facts){
            .is_up = text[0] == 'u',
            .is_read_only = text[1] == 'r',
            .has_source = text[2] == 's',
            .is_applying = text[3] == 'a',
            .lag_ms = -1,
        };
    return count;
}

static char letter(const struct topology_verdict *verdict)
{
    switch (verdict->role) {
    case SERVER_PRIMARY:
        return 'P';
    case SERVER_REPLICA:
        return verdict->takes_reads ? 'R' : 'r';
    case SERVER_UNKNOWN_ROLE:
        break;
    }
    return '?';
}

static void role_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct topology_facts facts[SERVERS_MAX];
        struct topology_verdict verdicts[SERVERS_MAX];
        char letters[SERVERS_MAX + 1] = "";
        size_t count = read_servers(rows[i].servers, facts);
        int primary = topology_decide(facts, count, false, rows[i].present - 1, verdicts);
        for (size_t n = 0; n < count; n++)
            letters[n] = letter(&verdicts[n]);
        assert_row(strcmp(letters, rows[i].verdicts) == 0, "%s: %s", rows[i].what, letters);
        assert_row(primary == rows[i].primary - 1, "%s: primary %d", rows[i].what, primary + 1);
    }
}

/* ---- static: p configured as primary, r as replica; capital: up ---- */

static void configured_role_rows(void **state)
{
    (void)state;
    static const struct {
        const char *servers;
        int present;
        const char *verdicts;
        int primary;
    } configured[] = {
        { "PRR", 0, "PRR", 1 }, { "RPR", 0, "RPR", 2 }, { "pRR", 0, "PRR", 0 },
        { "pRR", 1, "PRR", 0 }, { "PrR", 1, "PrR", 1 }, { "prr", 1, "Prr", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(configured); i++) {
        struct topology_facts facts[SERVERS_MAX] = { 0 };
        struct topology_verdict verdicts[SERVERS_MAX];
        char letters[SERVERS_MAX + 1] = "";
        size_t count = strlen(configured[i].servers);
        for (size_t n = 0; n < count; n++) {
            char c = configured[i].servers[n];
            facts[n].is_up = c == 'P' || c == 'R';
            facts[n].role_setting = c == 'P' || c == 'p' ? ROLE_SETTING_PRIMARY : ROLE_SETTING_REPLICA;
            facts[n].is_read_only = n % 2 == 0; /* and what they say of themselves does not matter */
            facts[n].has_source = n % 3 == 0;
        }
        int primary = topology_decide(facts, count, true, configured[i].present - 1, verdicts);
        for (size_t n = 0; n < count; n++)
            letters[n] = letter(&verdicts[n]);
        assert_row(strcmp(letters, configured[i].verdicts) == 0, "%s: %s", configured[i].servers, letters);
        assert_row(primary == configured[i].primary - 1, "%s: %d", configured[i].servers, primary);
    }
}

/* What an operator reads of each server: f is one that is up and of another family than the first. */
static void a_server_that_is_left_out_says_why(void **state)
{
    (void)state;
    static const char foreign[] = "not of the first server's family (MySQL, MariaDB)";
    static const struct {
        bool is_static;
        char first;
        enum role_setting setting;
        enum server_role role;
        const char *reason;
    } reasons[] = {
        { true, 'u', ROLE_SETTING_PRIMARY, SERVER_PRIMARY, "configured" },
        { true, 'd', ROLE_SETTING_PRIMARY, SERVER_PRIMARY, "down" },
        { true, 'f', ROLE_SETTING_PRIMARY, SERVER_PRIMARY, foreign },
        { true, 'u', ROLE_SETTING_REPLICA, SERVER_REPLICA, "configured" },
        { true, 'd', ROLE_SETTING_REPLICA, SERVER_REPLICA, "down" },
        { true, 'f', ROLE_SETTING_REPLICA, SERVER_REPLICA, foreign },
        { false, 'u', ROLE_SETTING_AUTO, SERVER_PRIMARY, "writable" },
        { false, 'd', ROLE_SETTING_AUTO, SERVER_UNKNOWN_ROLE, "down" },
        { false, 'f', ROLE_SETTING_AUTO, SERVER_UNKNOWN_ROLE, foreign },
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        struct topology_facts facts = { .is_up = reasons[i].first != 'd',
                                        .is_foreign = reasons[i].first == 'f',
                                        .role_setting = reasons[i].setting };
        struct topology_verdict verdict;
        bool is_used = reasons[i].first == 'u';
        int primary = topology_decide(&facts, 1, reasons[i].is_static, 0, &verdict);
        assert_row(strcmp(verdict.reason, reasons[i].reason) == 0, "row %zu: %s", i, verdict.reason);
        assert_row(verdict.role == reasons[i].role, "row %zu", i);
        assert_int_equal(verdict.takes_reads, is_used && verdict.role == SERVER_REPLICA);
        assert_int_equal(primary, is_used && verdict.role == SERVER_PRIMARY ? 0 : TOPOLOGY_NO_PRIMARY);
    }
}

/* No configuration says so, but if one did: the second one is no primary, nor is it down. */
static void a_second_configured_primary_is_called_that(void **state)
{
    (void)state;
    struct topology_facts facts[2] = { { .is_up = true, .role_setting = ROLE_SETTING_PRIMARY },
                                       { .is_up = true, .role_setting = ROLE_SETTING_PRIMARY } };
    struct topology_verdict verdicts[2];
    assert_int_equal(topology_decide(facts, 2, true, 0, verdicts), 0);
    assert_int_equal(verdicts[1].role, SERVER_UNKNOWN_ROLE);
    assert_string_equal(verdicts[1].reason, "configured as primary beside another one");
}

/* ---- properties, over every pair and triple of servers and many larger clusters ---- */

static bool is_writable(const struct topology_facts *facts)
{
    return facts->is_up && !facts->is_read_only && !facts->has_source;
}

static void check(const struct topology_facts *facts, size_t count, int present)
{
    struct topology_verdict verdicts[SERVERS_MAX];
    size_t primaries = 0, writable = 0;
    int primary = topology_decide(facts, count, false, present, verdicts);
    for (size_t i = 0; i < count; i++) {
        primaries += verdicts[i].role == SERVER_PRIMARY;
        writable += is_writable(&facts[i]);
        assert_true((verdicts[i].role == SERVER_PRIMARY) == ((int)i == primary));
        if (verdicts[i].role == SERVER_PRIMARY)
            assert_true(is_writable(&facts[i]) && !verdicts[i].takes_reads);
        if (verdicts[i].takes_reads)
            assert_true(verdicts[i].role == SERVER_REPLICA && facts[i].is_up && facts[i].is_read_only &&
                        facts[i].has_source && facts[i].is_applying);
        assert_true(verdicts[i].reason != NULL && *verdicts[i].reason != '\0');
    }
    assert_true(primaries <= 1);
    if (present >= 0 && is_writable(&facts[present]))
        assert_int_equal(primary, present);
    else
        assert_int_equal(primary >= 0, writable == 1);
    /* told again who is primary now, nothing changes */
    struct topology_verdict again[SERVERS_MAX];
    assert_int_equal(topology_decide(facts, count, false, primary, again), primary);
    for (size_t i = 0; i < count; i++)
        assert_true(again[i].role == verdicts[i].role && again[i].takes_reads == verdicts[i].takes_reads);
}

static struct topology_facts from_bits(unsigned bits)
{
    return (struct topology_facts){ .is_up = bits & 1,
                                    .is_read_only = bits & 2,
                                    .has_source = bits & 4,
                                    .is_applying = bits & 8,
                                    .lag_ms = -1 };
}

static void there_is_never_a_second_primary_nor_one_that_is_down_or_read_only(void **state)
{
    (void)state;
    struct topology_facts facts[SERVERS_MAX];
    for (unsigned bits = 0; bits < 1u << 12; bits++)
        for (int present = -1; present < 3; present++) {
            for (unsigned i = 0; i < 3; i++)
                facts[i] = from_bits(bits >> (4 * i));
            check(facts, 3, present);
            check(facts, 2, present < 2 ? present : -1);
        }
    uint64_t seed = 91;
    for (unsigned round = 0; round < 20000; round++) {
        size_t count = 1 + next_random(&seed) % SERVERS_MAX;
        for (size_t i = 0; i < count; i++)
            facts[i] = from_bits(next_random(&seed));
        check(facts, count, (int)(next_random(&seed) % (count + 1)) - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_rows),
        cmocka_unit_test(configured_role_rows),
        cmocka_unit_test(a_server_that_is_left_out_says_why),
        cmocka_unit_test(a_second_configured_primary_is_called_that),
        cmocka_unit_test(there_is_never_a_second_primary_nor_one_that_is_down_or_read_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
