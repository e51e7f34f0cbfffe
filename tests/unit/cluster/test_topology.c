/* What the servers say, and who is what.
 *
 * A server is four letters: u up, d down, h up and held by an operator, l up and lagging; w writable, r
 * read_only; - replicates from nobody, s has a source, x has one and both threads are stopped; a its SQL
 * thread runs, . it does not. Then the number of the server that it follows, if that is known. Verdicts: P
 * primary, R replica that takes reads, r replica that does not, ? of unknown role. `present` and `primary`
 * count from 1; 0 is none.
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
    { "the same, and the replica has gone over", "uw-. uw-. ursa2", 2, "?PR", 2 },
    { "the same, and the replica still follows it", "uw-. uw-. ursa1", 2, "P?R", 1 },
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
    { "two from the start, one is followed", "uw-. uw-. ursa2", 0, "?PR", 2 },
    { "two from the start, both are followed", "uw-. uw-. ursa1 ursa2", 0, "??RR", 0 },
    { "the primary stays while one follows it", "uw-. uw-. ursa1 ursa2 ursa2", 1, "P?RRR", 1 },
    { "the last one has gone over", "uw-. uw-. ursa2 ursa2", 1, "?PRR", 2 },
    { "nobody follows anybody", "uw-. uw-. ur-. ur-.", 1, "P???", 1 },
    { "two others are followed", "uw-. uw-. uw-. ursa2 ursa3", 1, "P??RR", 1 },
    { "who is down follows nobody", "uw-. uw-. drsa2", 1, "P??", 1 },
    { "a link that is stopped follows nobody", "uw-. uw-. urx.2", 1, "P?r", 1 },
    { "a replica that is behind follows", "uw-. uw-. lrsa2", 1, "?Pr", 2 },
    { "a replica that is held follows", "uw-. uw-. hrsa2", 1, "?Pr", 2 },
    { "a writable replica that follows is no candidate", "uw-. uwsa1", 2, "P?", 1 },
    /* promoted by STOP alone, the link is still there */
    { "stopped and followed", "dw-. uwx. ursa2", 1, "?PR", 2 },
    { "stopped, followed by nobody yet", "dw-. uwx. ursa1", 1, "??R", 0 },
    { "stopped, the old primary still followed", "uw-. uwx. ursa1", 1, "P?R", 1 },
    { "stopped, all have gone over", "uw-. uwx. ursa2", 1, "?PR", 2 },
    { "one thread only is stopped", "dw-. uws. ursa2", 1, "??R", 0 },
    { "stopped, but read_only", "dw-. urx. ursa2", 1, "?rR", 0 },
    /* operators, and the other states */
    { "the primary is held", "hw-. ursa1 ursa1", 1, "?RR", 0 },
    { "held, and another one was promoted", "hw-. uw-. ursa1", 1, "?PR", 2 },
    { "a held replica takes no reads", "uw-. hrsa1 ursa1", 1, "PrR", 1 },
    { "a lagging replica takes none", "uw-. lrsa1 ursa1", 1, "PrR", 1 },
    { "a lagging primary stays", "lw-. ursa1", 1, "PR", 1 },
    { "all are held", "hw-. hrsa1", 1, "?r", 0 },
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
    while (*text != '\0') {
        bool is_following = text[4] >= '1' && text[4] <= '9';
        facts[count] = (struct topology_facts){
            .is_up = text[0] != 'd',
            .is_held = text[0] == 'h',
            .takes_no_reads = text[0] == 'l',
            .is_read_only = text[1] == 'r',
            .has_source = text[2] != '-',
            .is_link_stopped = text[2] == 'x',
            .is_applying = text[3] == 'a',
            .server_id = 101 + (uint32_t)count,
            .sources = { 77, is_following && text[2] == 's' ? 101 + (uint32_t)(text[4] - '1') : 0 },
        };
        count++;
        text += 4 + is_following;
        text += *text == ' ';
    }
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

/* What an operator reads of servers that are writable, or nearly. */
static void reasons_of_those_that_are_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *servers;
        const char *reason; /* of the second */
        bool is_contender;
    } reasons[] = {
        { "uw-. uw-. ursa1", "writable beside another writable server", true },
        { "uw-. hw-. ursa1", "writable, but held by an operator", true },
        { "uw-. uwx. ursa1", "writable, its replication is stopped, but nobody follows it", false },
        { "uw-. uwsa ursa1", "replicates, but is writable", false },
        { "uw-. urx. ursa1", "replication is stopped", false },
        { "uw-. dw-. ursa1", "down", false },
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        struct topology_facts facts[SERVERS_MAX];
        struct topology_verdict verdicts[SERVERS_MAX];
        size_t count = read_servers(reasons[i].servers, facts);
        assert_int_equal(topology_decide(facts, count, false, 0, verdicts), 0);
        assert_row(strcmp(verdicts[1].reason, reasons[i].reason) == 0, "%s: %s", reasons[i].servers,
                   verdicts[1].reason);
        assert_row(verdicts[1].is_contender == reasons[i].is_contender, "%s", reasons[i].servers);
    }
}

static void a_configured_primary_that_is_held_is_none(void **state)
{
    (void)state;
    struct topology_facts facts[2] = {
        { .is_up = true, .is_held = true, .role_setting = ROLE_SETTING_PRIMARY },
        { .is_up = true, .takes_no_reads = true, .role_setting = ROLE_SETTING_REPLICA },
    };
    struct topology_verdict verdicts[2];
    assert_int_equal(topology_decide(facts, 2, true, 0, verdicts), TOPOLOGY_NO_PRIMARY);
    assert_int_equal(verdicts[0].role, SERVER_PRIMARY);
    assert_string_equal(verdicts[0].reason, "held by an operator");
    assert_false(verdicts[1].takes_reads);
    facts[1] =
        (struct topology_facts){ .is_up = true, .is_held = true, .role_setting = ROLE_SETTING_REPLICA };
    (void)topology_decide(facts, 2, true, 0, verdicts);
    assert_false(verdicts[1].takes_reads);
}

/* ---- properties, over every pair of servers and random histories of clusters ---- */

/* The same rules as a table of who follows whom, filled in first. */
struct reference {
    bool follows[SERVERS_MAX][SERVERS_MAX]; /* [who][whom] */
    bool is_candidate[SERVERS_MAX];
    size_t followers[SERVERS_MAX];
    size_t candidates, followed;
};

static void fill_reference(struct reference *it, const struct topology_facts *facts, size_t count)
{
    memset(it, 0, sizeof *it);
    for (size_t who = 0; who < count; who++)
        for (size_t link = 0; link < TOPOLOGY_SOURCES_MAX; link++)
            for (size_t whom = 0; whom < count; whom++)
                if (who != whom && facts[who].is_up && facts[whom].server_id > 0 &&
                    facts[who].sources[link] == facts[whom].server_id)
                    it->follows[who][whom] = true;
    for (size_t whom = 0; whom < count; whom++)
        for (size_t who = 0; who < count; who++)
            it->followers[whom] += it->follows[who][whom];
    for (size_t i = 0; i < count; i++) {
        bool is_free = !facts[i].has_source || (facts[i].is_link_stopped && it->followers[i] > 0);
        it->is_candidate[i] =
            facts[i].is_up && !facts[i].is_held && !facts[i].is_foreign && !facts[i].is_read_only && is_free;
        it->candidates += it->is_candidate[i];
        it->followed += it->is_candidate[i] && it->followers[i] > 0;
    }
}

static int expected_primary(const struct reference *it, size_t count, int present)
{
    bool has_present = present >= 0 && it->is_candidate[present];
    for (size_t i = 0; i < count; i++) {
        if (!it->is_candidate[i])
            continue;
        if (it->candidates == 1)
            return (int)i;
        if (it->followers[i] > 0 && it->followed == 1 &&
            (!has_present || it->followers[present] == 0 || (int)i == present))
            return (int)i;
    }
    return has_present ? present : TOPOLOGY_NO_PRIMARY;
}

static int check(const struct topology_facts *facts, size_t count, int present, uint64_t seed)
{
    struct topology_verdict verdicts[SERVERS_MAX], again[SERVERS_MAX];
    struct reference reference;
    size_t primaries = 0;
    int primary = topology_decide(facts, count, false, present, verdicts);
    fill_reference(&reference, facts, count);
    assert_row(primary == expected_primary(&reference, count, present), "seed %llu: %d",
               (unsigned long long)seed, primary);
    for (size_t i = 0; i < count; i++) {
        primaries += verdicts[i].role == SERVER_PRIMARY;
        assert_true((verdicts[i].role == SERVER_PRIMARY) == ((int)i == primary));
        if (verdicts[i].role == SERVER_PRIMARY)
            assert_true(facts[i].is_up && !facts[i].is_read_only && !facts[i].is_held &&
                        !verdicts[i].takes_reads && !verdicts[i].is_contender);
        if (verdicts[i].takes_reads)
            assert_true(verdicts[i].role == SERVER_REPLICA && facts[i].is_up && facts[i].is_read_only &&
                        facts[i].has_source && facts[i].is_applying && !facts[i].is_held &&
                        !facts[i].takes_no_reads && !facts[i].is_foreign);
        if (reference.is_candidate[i] && (int)i != primary)
            assert_true(verdicts[i].is_contender);
        if (verdicts[i].is_contender)
            assert_true(facts[i].is_up && !facts[i].is_read_only);
        assert_true(verdicts[i].reason != NULL && *verdicts[i].reason != '\0');
    }
    assert_true(primaries <= 1);
    if (present >= 0 && reference.is_candidate[present] && reference.followers[present] > 0)
        assert_int_equal(primary, present);
    /* told again who is primary now, nothing changes */
    assert_int_equal(topology_decide(facts, count, false, primary, again), primary);
    for (size_t i = 0; i < count; i++)
        assert_true(again[i].role == verdicts[i].role && again[i].takes_reads == verdicts[i].takes_reads);
    return primary;
}

static struct topology_facts from_bits(unsigned bits, unsigned i)
{
    bool is_running = (bits & 12) == 4 || (bits & 12) == 8;
    return (struct topology_facts){ .is_up = bits & 1,
                                    .is_read_only = bits & 2,
                                    .has_source = bits & 12,
                                    .is_link_stopped = (bits & 12) == 12,
                                    .is_applying = bits & 4,
                                    .server_id = i + 1,
                                    .sources = { is_running ? 1 + ((bits >> 4) + i) % 3 : 0 } };
}

static void every_triple_of_servers(void **state)
{
    (void)state;
    struct topology_facts facts[SERVERS_MAX];
    for (unsigned bits = 0; bits < 1u << 15; bits++)
        for (int present = -1; present < 3; present++) {
            for (unsigned i = 0; i < 3; i++)
                facts[i] = from_bits(bits >> (5 * i) & 31, i);
            (void)check(facts, 3, present, bits);
            (void)check(facts, 2, present < 2 ? present : -1, bits);
        }
}

static void change_one_fact(struct topology_facts *it, size_t count, uint64_t *seed)
{
    switch (next_random(seed) % 9) {
    case 0:
        it->is_up = !it->is_up;
        break;
    case 1:
        it->is_read_only = !it->is_read_only;
        break;
    case 2:
        it->has_source = !it->has_source;
        it->is_link_stopped = false;
        memset(it->sources, 0, sizeof it->sources);
        break;
    case 3:
        it->is_link_stopped = it->has_source && !it->is_link_stopped;
        memset(it->sources, 0, sizeof it->sources);
        break;
    case 4:
    case 5:
        if (it->has_source && !it->is_link_stopped)
            it->sources[next_random(seed) % TOPOLOGY_SOURCES_MAX] = next_random(seed) % (uint32_t)(count + 2);
        break;
    case 6:
        it->is_held = chance(seed, 4);
        break;
    case 7:
        it->takes_no_reads = chance(seed, 3);
        break;
    default:
        it->is_applying = !it->is_applying;
        break;
    }
}

/* One fact changes at a time, and who was primary before is who was decided upon before. */
static void random_histories_agree_with_the_reference(void **state)
{
    (void)state;
    unsigned reigns = 0, without = 0;
    for (uint64_t round = 0; round < 3000; round++) {
        struct topology_facts facts[SERVERS_MAX] = { 0 };
        uint64_t seed = round + 91;
        size_t count = 1 + next_random(&seed) % SERVERS_MAX;
        int present = TOPOLOGY_NO_PRIMARY;
        for (size_t i = 0; i < count; i++)
            facts[i] = (struct topology_facts){ .is_up = true,
                                                .is_read_only = i > 0,
                                                .has_source = i > 0,
                                                .is_applying = i > 0,
                                                .server_id = chance(&seed, 20) ? 0 : (uint32_t)i + 1,
                                                .sources = { i > 0 } };
        for (unsigned step = 0; step < 60; step++) {
            int primary = check(facts, count, present, round + 91);
            reigns += primary != present && primary != TOPOLOGY_NO_PRIMARY;
            without += primary == TOPOLOGY_NO_PRIMARY;
            present = primary;
            change_one_fact(&facts[next_random(&seed) % count], count, &seed);
        }
    }
    assert_row(reigns > 5000 && without > 5000, "%u reigns, %u steps without", reigns,
               without); /* much has happened */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(role_rows),
        cmocka_unit_test(configured_role_rows),
        cmocka_unit_test(a_server_that_is_left_out_says_why),
        cmocka_unit_test(a_second_configured_primary_is_called_that),
        cmocka_unit_test(reasons_of_those_that_are_passed_over),
        cmocka_unit_test(a_configured_primary_that_is_held_is_none),
        cmocka_unit_test(every_triple_of_servers),
        cmocka_unit_test(random_histories_agree_with_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
