/* What the servers report at several moments, and which roles follow at the last one.
 *
 * A server is four letters:
 *
 *   1  u up      f up as far as is known, but silent now       d down
 *      h up, held by an operator     o down, held by an operator     l up and lagging
 *   2  w writable          r read_only
 *   3  - no source         s has a source      x has a source, both replication threads are stopped
 *   4  a the SQL thread runs                   . it does not run
 *
 * The number after the letters is the server that it follows, if that is known. A server with s follows a
 * server outside the cluster as well. Moments are separated by |. A server that is not f, d or o has answered
 * at each moment.
 *
 * Verdicts: P primary, R replica that takes reads, r replica that takes none, ? unknown role.
 * `primary` counts from 1; 0: none.
 */
#include "../base/unit.h"

#include "monitor/topology_history.h"
#include "monitor/topology.h"

#define SERVERS_MAX 8

static const struct {
    const char *what, *history;
    const char *verdicts;
    int primary;
} rows[] = {
    /* one server */
    { "alone and writable", "uw-.", "P", 1 },
    { "alone, read_only", "ur-.", "P", 1 },
    { "alone, becomes read_only", "uw-. | ur-.", "P", 1 },
    { "alone, read_only, its replication is stopped", "urx.", "P", 1 },
    { "alone, down", "dw-.", "?", 0 },
    { "alone, was primary, down", "uw-. | dw-.", "?", 0 },
    { "alone, was primary, and is back", "uw-. | dw-. | uw-.", "P", 1 },
    { "alone, a replica", "ursa", "R", 0 },
    /* a primary with two replicas */
    { "a primary, two replicas", "uw-. ursa ursa", "PRR", 1 },
    { "the same, the primary elsewhere", "ursa uw-. ursa", "RPR", 2 },
    { "the primary stays", "uw-. ursa1 ursa1 | uw-. ursa1 ursa1", "PRR", 1 },
    { "a replica is down", "uw-. ursa1 ursa1 | uw-. dr.. ursa1", "P?R", 1 },
    { "a replica is stopped", "uw-. ursa1 ursa1 | uw-. urs. ursa1", "PrR", 1 },
    { "all replicas are stopped", "uw-. ursa1 ursa1 | uw-. urs. urs.", "Prr", 1 },
    { "a new server, nothing set up yet", "uw-. dr-. ursa1 | uw-. ur-. ursa1", "P?R", 1 },
    /* the primary is down or read_only */
    { "the primary is down: reads go on", "uw-. ursa1 ursa1 | dw-. ursa1 ursa1", "?RR", 0 },
    { "the primary became read_only", "uw-. ursa1 ursa1 | ur-. ursa1 ursa1", "?RR", 0 },
    { "everything is down", "uw-. ursa1 ursa1 | dw-. drsa drsa", "???", 0 },
    { "no server is writable", "ur-. ur-. ur-.", "???", 0 },
    { "the primary is back", "uw-. ursa1 ursa1 | dw-. ursa1 ursa1 | uw-. ursa1 ursa1", "PRR", 1 },
    /* a replica was promoted */
    { "the new primary, the old one down", "uw-. ursa1 ursa1 | dw-. uw-. ursa1", "?PR", 2 },
    { "the same, before it is known that the old one is down",
      "uw-. ursa1 ursa1 | fw-. uw-. ursa1 | dw-. uw-. ursa1", "?PR", 2 },
    { "the same, of two, and no server is left to follow", "uw-. ursa1 | dw-. uw-.", "?P", 2 },
    { "the replica of a replica", "uw-. ursa1 ursa2 | dw-. dr-. uw-.", "??P", 3 },
    { "the old primary comes back writable", "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | uw-. uw-. urs.", "?Pr",
      2 },
    { "the same, and the replica has gone over",
      "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | dw-. uw-. ursa2 | uw-. uw-. ursa2", "?PR", 2 },
    { "the same, and the replica still follows it: who has acknowledged writes stays",
      "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | uw-. uw-. ursa1", "?PR", 2 },
    { "the same, and then a replica is pointed to it anew",
      "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | uw-. uw-. ur-. | uw-. uw-. ursa1", "P?R", 1 },
    { "the same, and then the new one ends: the old one lacks its writes",
      "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | uw-. uw-. ursa1 | uw-. dw-. ursa1", "??R", 0 },
    { "the old primary comes back as a replica", "uw-. ursa1 ursa1 | dw-. uw-. ursa1 | ursa2 uw-. ursa2",
      "RPR", 2 },
    { "writable before its link is gone", "uw-. ursa1 ursa1 | dw-. uwsa1 ursa1", "??R", 0 },
    { "switchover: both read_only for a moment", "uw-. ursa1 ursa1 | ur-. ursa1 ursa1", "?RR", 0 },
    { "switchover: no server has gone over yet", "uw-. ursa1 ursa1 | ur-. ursa1 ursa1 | ur-. uw-. ursa1",
      "?PR", 2 },
    { "switchover: the old one follows the new", "uw-. ursa1 ursa1 | ursa2 uw-. ursa1", "RPR", 2 },
    /* several writable servers from the start */
    { "two writable: no primary", "uw-. uw-. ursa", "??R", 0 },
    { "two writable, neither was primary", "dw-. uw-. uw-.", "???", 0 },
    { "two, one is followed", "uw-. uw-. ursa2", "?PR", 2 },
    { "two, both are followed", "uw-. uw-. ursa1 ursa2", "??RR", 0 },
    /* one server is the only writable one from the start */
    { "two writable, one of them down, and the other one followed", "uw-. dw-. ursa1", "P?R", 1 },
    { "not followed, and the replica may follow the one that is down", "uw-. dw-. ursa", "??R", 0 },
    { "the same, and an operator has taken out the one that is down", "uw-. hw-. ursa", "P?R", 1 },
    { "the same, and the replica goes over", "uw-. dw-. ursa | uw-. dw-. ursa1", "P?R", 1 },
    { "the same, and it comes", "uw-. dw-. ursa | uw-. uw-. ursa2", "?PR", 2 },
    { "not followed, and no server follows another", "uw-. dw-. ur-.", "P??", 1 },
    { "not followed, and the replica follows a read_only one", "uw-. ur-. ursa2", "??R", 0 },
    { "not followed, but promoted under our eyes", "ursa2 dw-. ursa2 | uw-. dw-. ursa2", "P?R", 1 },
    /* a server without followers is writable beside the primary */
    { "the primary stays", "uw-. ursa1 ursa1 | uw-. ursa1 uw-.", "PR?", 1 },
    { "it does not follow upon the primary's end", "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-.",
      "?R?", 0 },
    { "nor if the primary is read_only", "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | ur-. ursa1 uw-.", "?R?", 0 },
    { "nor if it is held", "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | hw-. ursa1 uw-.", "?R?", 0 },
    { "nor if no server follows the primary either", "uw-. uw-. ursa1 | uw-. uw-. urs. | dw-. uw-. urs.",
      "??r", 0 },
    { "nor after it was away itself",
      "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 dw-. | dw-. ursa1 uw-.", "?R?", 0 },
    { "the primary is back", "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-. | uw-. ursa1 uw-.", "PR?",
      1 },
    { "a replica is promoted beside it",
      "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-. | dw-. uw-. uw-.", "?P?", 2 },
    { "a replica turns to it", "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-. | dw-. ursa3 uw-.",
      "?RP", 3 },
    { "the replica turned to it before the primary's end, another one did not",
      "uw-. ursa1 ursa1 ursa1 | uw-. ursa1 ursa1 uw-. | uw-. ursa4 ursa1 uw-. | dw-. ursa4 ursa1 uw-.",
      "?RRP", 4 },
    { "it is closed, and opened when the primary has ended",
      "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | uw-. ursa1 ur-. | dw-. ursa1 ur-. | dw-. ursa1 uw-.", "?RP", 3 },
    { "it was writable a moment before the primary was silent, not proven",
      "uw-. ursa1 ursa1 | fw-. ursa1 uw-. | dw-. ursa1 uw-.", "?RP", 3 },
    { "it was never a replica", "uw-. ursa1 dr-. | dw-. ursa1 uw-.", "?R?", 0 },
    { "three writable", "ursa3 ursa3 uw-. | uw-. uw-. uw-.", "??P", 3 },
    { "the primary stays while one follows it", "uw-. uw-. ursa1 ursa1 ursa1 | uw-. uw-. ursa1 ursa2 ursa2",
      "P?RRR", 1 },
    { "the last one has gone over", "uw-. uw-. ursa1 ursa1 | uw-. uw-. ursa2 ursa1 | uw-. uw-. ursa2 ursa2",
      "?PRR", 2 },
    { "no server follows another", "uw-. ursa1 ursa1 ur-. | uw-. uw-. ur-. ur-.", "P???", 1 },
    { "two others are followed", "uw-. ursa1 ursa1 ursa1 ursa1 | uw-. uw-. uw-. ursa2 ursa3", "P??RR", 1 },
    { "a server that is down follows none", "uw-. uw-. ursa1 | uw-. uw-. drsa2", "P??", 1 },
    { "a server whose link is stopped follows none", "uw-. uw-. ursa1 | uw-. uw-. urx.2", "P?r", 1 },
    { "a replica that is behind follows", "uw-. uw-. ursa1 | uw-. uw-. lrsa2", "?Pr", 2 },
    { "a replica that is held follows", "uw-. uw-. ursa1 | uw-. uw-. hrsa2", "?Pr", 2 },
    { "a writable replica that follows is no candidate", "ursa2 uw-. | uw-. uwsa1", "P?", 1 },
    /* a replica is promoted by STOP REPLICA alone: its link is still configured */
    { "stopped and followed", "uw-. ursa1 ursa1 | dw-. uwx. ursa2", "?PR", 2 },
    { "stopped, not followed yet", "uw-. ursa1 ursa1 | dw-. uwx. ursa1", "??R", 0 },
    { "stopped, the old primary still followed", "uw-. ursa1 ursa1 | uw-. uwx. ursa1", "P?R", 1 },
    { "stopped, all have gone over", "uw-. ursa1 ursa1 | uw-. uwx. ursa2", "?PR", 2 },
    { "one thread only is stopped", "uw-. ursa1 ursa1 | dw-. uws. ursa2", "??R", 0 },
    /* a link that was never started, or is stopped, on the only writable server */
    { "stopped, and there is no other server", "uwx.", "P", 1 },
    { "the primary gets a link that is never started", "uw-. | uwx.", "P", 1 },
    { "the same, and it restarts", "uw-. | uwx. | dwx. | uwx.", "P", 1 },
    { "stopped, one thread only", "uws.", "?", 0 },
    { "stopped, all others are read_only", "uwx. ursa urs.", "PRr", 1 },
    { "stopped, its replica is stopped", "uw-. urs. | uwx. urs.", "Pr", 1 },
    { "stopped, another one may be the primary, as it is silent", "uwx. dr-.", "??", 0 },
    { "stopped, another one has died", "uw-. urs. | uwx. drs.", "??", 0 },
    { "stopped, an operator has taken out the one that is down", "uwx. ow-.", "P?", 1 },
    { "two of them", "uwx. uwx.", "??", 0 },
    { "stopped beside the primary, which is closed: it lacks what was written meanwhile",
      "uw-. ursa1 ursa1 | uw-. uwx. ursa1 | ur-. uwx. ursa1", "??R", 0 },
    { "stopped and opened after the primary was closed",
      "uw-. ursa1 ursa1 | ur-. ursa1 ursa1 | ur-. uwx. ursa1", "?PR", 2 },
    { "stopped, but read_only", "uw-. ursa1 ursa1 | dw-. urx. ursa2", "?rR", 0 },
    /* orders of operators, and the other states */
    { "the primary is held", "uw-. ursa1 ursa1 | hw-. ursa1 ursa1", "?RR", 0 },
    { "held, and another one was promoted", "uw-. ursa1 ursa1 | hw-. ursa1 ursa1 | hw-. uw-. ursa1", "?PR",
      2 },
    { "a held replica takes no reads", "uw-. hrsa1 ursa1", "PrR", 1 },
    { "a lagging replica takes none", "uw-. lrsa1 ursa1", "PrR", 1 },
    { "a lagging primary stays", "uw-. ursa1 | lw-. ursa1", "PR", 1 },
    { "all are held", "uw-. ursa1 | hw-. hrsa1", "?r", 0 },
    /* servers that replicate from each other */
    { "two masters of each other, both writable", "uwsa uwsa", "??", 0 },
    { "two masters of each other, one read_only", "uwsa ursa", "?R", 0 },
    { "a replica that is writable takes no reads", "uw-. uwsa", "P?", 1 },
    /* no servers */
    { "no servers", "", "", 0 },
};

/* Reads one moment, up to '|' or the end. Returns where it ends. A silent server keeps the facts known
 * before. */
static const char *read_servers(const char *text, uint64_t now_us, struct topology_facts facts[SERVERS_MAX],
                                size_t *count_r)
{
    size_t count = 0;
    while (*text != '\0' && *text != '|') {
        bool is_following = text[4] >= '1' && text[4] <= '9',
             is_silent = text[0] == 'f' || text[0] == 'd' || text[0] == 'o';
        bool is_up = text[0] != 'd' && text[0] != 'o';
        const struct topology_facts before = facts[count];
        facts[count] = (struct topology_facts){
            .is_up = is_up,
            .is_known = before.is_known || is_up,
            .is_held = text[0] == 'h' || text[0] == 'o',
            .takes_no_reads = text[0] == 'l',
            .is_read_only = text[1] == 'r',
            .has_source = text[2] != '-',
            .is_link_stopped = text[2] == 'x',
            .is_applying = text[3] == 'a',
            .server_id = 101 + (uint32_t)count,
            .sources = { 77, is_following && text[2] == 's' ? 101 + (uint32_t)(text[4] - '1') : 0 },
            .asked_us = is_silent ? before.asked_us : now_us,
            .answered_us = is_silent ? before.answered_us : now_us,
        };
        if (text[2] != 's')
            facts[count].sources[0] = 0;
        count++;
        text += 4 + is_following;
        text += *text == ' ';
    }
    *count_r = count;
    return text;
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

/* Several moments, and what topology_decide says at the last one. */
struct story {
    struct topology_facts facts[SERVERS_MAX];
    struct topology_verdict verdicts[SERVERS_MAX];
    struct topology_history history;
    size_t count;
    int primary;
};

static void tell(struct story *story, const char *history)
{
    memset(story, 0, sizeof *story);
    assert_true(topology_history_init(&story->history, SERVERS_MAX));
    for (uint64_t now_us = 10;; now_us += 10) {
        history = read_servers(history, now_us, story->facts, &story->count);
        for (unsigned times = 0; times < 2; times++) /* the same facts again: the same decision */
            story->primary =
                topology_decide(story->facts, story->count, false, &story->history, story->verdicts);
        if (*history == '\0')
            return;
        history += 2;
    }
}

static void forget(struct story *story)
{
    topology_history_fini(&story->history);
}

TEST(role_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct story story;
        char letters[SERVERS_MAX + 1] = "";
        tell(&story, rows[i].history);
        for (size_t n = 0; n < story.count; n++)
            letters[n] = letter(&story.verdicts[n]);
        assert_row(strcmp(letters, rows[i].verdicts) == 0, "%s: %s", rows[i].what, letters);
        assert_row(story.primary == rows[i].primary - 1, "%s: primary %d", rows[i].what, story.primary + 1);
        forget(&story);
    }
}

/* ---- elections by operators, and machines that change their addresses ---- */

static int decide(struct story *story)
{
    story->primary = topology_decide(story->facts, story->count, false, &story->history, story->verdicts);
    return story->primary;
}

TEST(an_operator_elects_where_there_is_no_primary)
{
    static const char *const histories[] = {
        "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-.", /* db3 is a stray */
        "dw-. ursa uw-.",                                       /* the role of db3 is unknown */
        "uw-. ur-. uw-.",                                       /* two writable servers from the start */
        "uw-. ursa1 dr-. | dw-. ursa1 uw-.",                    /* db3 was never a replica */
    };
    for (size_t i = 0; i < COUNT_OF(histories); i++) {
        struct story story;
        tell(&story, histories[i]);
        assert_row(story.primary == TOPOLOGY_NO_PRIMARY, "%s", histories[i]);
        topology_history_elect(&story.history, story.facts[2].server_id);
        assert_row(decide(&story) == 2, "%s", histories[i]);
        story.facts[0].is_up = true; /* the elected server stays the primary */
        assert_row(decide(&story) == 2, "%s", histories[i]);
        forget(&story);
    }
}

/* An operator's election counts for the present choice of a primary only, not for a later one. */
TEST(an_election_ends_with_the_reign)
{
    struct story story;
    tell(&story, "uw-. ursa1 ursa1 | uw-. ursa1 uw-. | dw-. ursa1 uw-.");
    topology_history_elect(&story.history, 103);
    assert_int_equal(decide(&story), 2);
    story.facts[0].is_up = true;
    story.facts[0].asked_us = story.facts[2].asked_us = 1000;
    assert_int_equal(decide(&story), 2);
    story.facts[2].is_up = false;
    assert_int_equal(decide(&story), TOPOLOGY_NO_PRIMARY);
    assert_true(story.verdicts[0].is_contender);
    forget(&story);
}

static void swap_machines(struct story *story, size_t a, size_t b)
{
    struct topology_facts between = story->facts[a];
    story->facts[a] = story->facts[b];
    story->facts[b] = between;
}

/* Addresses are swapped: the history belongs to the machine. */
TEST(a_machine_is_known_again_at_another_address)
{
    struct story story;
    tell(&story, "uw-. ursa1 ursa1 | uw-. ursa1 uw-.");
    swap_machines(&story, 0, 1); /* the primary is now at the replica's address */
    assert_int_equal(decide(&story), 1);
    swap_machines(&story, 0, 2); /* the stray is at the address where the primary was */
    assert_int_equal(decide(&story), 1);
    story.facts[1].is_up = false;
    assert_int_equal(decide(&story), TOPOLOGY_NO_PRIMARY);
    forget(&story);
}

/* A name or a virtual address now leads to a machine that was never seen before: that was intended. */
TEST(a_new_machine_at_the_primary_s_address_is_the_primary)
{
    struct story story;
    tell(&story, "uw-. ursa1");
    story.facts[0].server_id = 500;
    assert_int_equal(decide(&story), 0);
    /* the server is removed, and another one is added in its place */
    topology_history_give_away(&story.history, 0);
    story.facts[0].server_id = 600;
    assert_int_equal(decide(&story), TOPOLOGY_NO_PRIMARY);
    forget(&story);
}

/* One machine at two addresses counts as one server, not as two. */
TEST(a_machine_at_two_addresses_is_one)
{
    struct story story;
    tell(&story, "uw-. ursa1 ursa1 | dw-. ursa1 ursa1");
    story.facts[0] = story.facts[1] =
        (struct topology_facts){ .is_up = true, .is_known = true, .server_id = 102, .asked_us = 900 };
    assert_int_equal(decide(&story), 0);
    forget(&story);
}

/* ---- configured roles: p primary, r replica; upper case: up ---- */

TEST(configured_role_rows)
{
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
        struct topology_history history = { .has_reigned = configured[i].present > 0,
                                            .place = configured[i].present - 1 };
        char letters[SERVERS_MAX + 1] = "";
        size_t count = strlen(configured[i].servers);
        for (size_t n = 0; n < count; n++) {
            char c = configured[i].servers[n];
            facts[n].is_up = c == 'P' || c == 'R';
            facts[n].role_setting = c == 'P' || c == 'p' ? ROLE_SETTING_PRIMARY : ROLE_SETTING_REPLICA;
            facts[n].is_read_only = n % 2 == 0; /* what the servers report does not matter */
            facts[n].has_source = n % 3 == 0;
        }
        int primary = topology_decide(facts, count, true, &history, verdicts);
        for (size_t n = 0; n < count; n++)
            letters[n] = letter(&verdicts[n]);
        assert_row(strcmp(letters, configured[i].verdicts) == 0, "%s: %s", configured[i].servers, letters);
        assert_row(primary == configured[i].primary - 1, "%s: %d", configured[i].servers, primary);
    }
}

/* The reason that an operator reads for a server. `first`: u up, d down, f up and not of the first server's
 * family. */
TEST(a_server_that_is_left_out_says_why)
{
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
        struct topology_history history = { .has_reigned = true };
        int primary = topology_decide(&facts, 1, reasons[i].is_static, &history, &verdict);
        assert_row(strcmp(verdict.reason, reasons[i].reason) == 0, "row %zu: %s", i, verdict.reason);
        assert_row(verdict.role == reasons[i].role, "row %zu", i);
        assert_int_equal(verdict.takes_reads, is_used && verdict.role == SERVER_REPLICA);
        assert_int_equal(primary, is_used && verdict.role == SERVER_PRIMARY ? 0 : TOPOLOGY_NO_PRIMARY);
    }
}

/* The configuration does not allow two primaries. If it did, the second one would be neither primary nor
 * down. */
TEST(a_second_configured_primary_is_called_that)
{
    struct topology_facts facts[2] = { { .is_up = true, .role_setting = ROLE_SETTING_PRIMARY },
                                       { .is_up = true, .role_setting = ROLE_SETTING_PRIMARY } };
    struct topology_verdict verdicts[2];
    struct topology_history history = { .has_reigned = true };
    assert_int_equal(topology_decide(facts, 2, true, &history, verdicts), 0);
    assert_int_equal(verdicts[1].role, SERVER_UNKNOWN_ROLE);
    assert_string_equal(verdicts[1].reason, "configured as primary beside another one");
}

/* The reason that an operator reads for servers that are writable, or nearly. */
TEST(reasons_of_those_that_are_passed_over)
{
    static const struct {
        const char *history;
        const char *reason; /* of the second server */
        bool is_contender;
    } reasons[] = {
        { "uw-. uw-. ursa1", "writable beside another writable server", true },
        { "uw-. hw-. ursa1", "writable, but held by an operator", true },
        { "uw-. uwx. ursa1", "writable, its replication is stopped, but no server follows it", false },
        { "uw-. uwsa ursa1", "replicates, but is writable", false },
        { "uw-. urx. ursa1", "replication is stopped", false },
        { "uw-. dw-. ursa1", "down", false },
        { "dw-. uw-. ursa", "writable, but no server follows it, and a replica follows another server",
          true },
        { "uw-. uw-. ursa1 | dw-. uw-. ursa1",
          "writable, as it was beside the last primary, and no replica has turned to it", true },
        { "uw-. dr-. ursa1 | dw-. uw-. ursa1",
          "writable, but was not seen to replicate from the last primary", true },
        { "uw-. ursa1 ursa1 | dw-. uw-. uw-.", "writable beside another writable server", true },
    };
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        struct story story;
        tell(&story, reasons[i].history);
        assert_row(strcmp(story.verdicts[1].reason, reasons[i].reason) == 0, "%s: %s", reasons[i].history,
                   story.verdicts[1].reason);
        assert_row(story.verdicts[1].is_contender == reasons[i].is_contender, "%s", reasons[i].history);
        assert_row(story.primary != 1, "%s", reasons[i].history);
        forget(&story);
    }
}

TEST(a_configured_primary_that_is_held_is_none)
{
    struct topology_facts facts[2] = {
        { .is_up = true, .is_held = true, .role_setting = ROLE_SETTING_PRIMARY },
        { .is_up = true, .takes_no_reads = true, .role_setting = ROLE_SETTING_REPLICA },
    };
    struct topology_verdict verdicts[2];
    struct topology_history history = { .has_reigned = true };
    assert_int_equal(topology_decide(facts, 2, true, &history, verdicts), TOPOLOGY_NO_PRIMARY);
    assert_int_equal(verdicts[0].role, SERVER_PRIMARY);
    assert_string_equal(verdicts[0].reason, "held by an operator");
    assert_false(verdicts[1].takes_reads);
    facts[1] =
        (struct topology_facts){ .is_up = true, .is_held = true, .role_setting = ROLE_SETTING_REPLICA };
    (void)topology_decide(facts, 2, true, &history, verdicts);
    assert_false(verdicts[1].takes_reads);
}

/* ---- properties, over every triple of servers and random histories of clusters ----
 *
 * A second implementation of the rules, which looks back: all moments are kept. Turns to a source, strays and
 * descent are computed from them, whereas topology_history.c remembers as little as possible.
 */

#define MOMENTS_MAX 64

struct moment {
    struct topology_facts facts[SERVERS_MAX];
    uint32_t turned_to[SERVERS_MAX]; /* the source that each server turned to at this moment; 0: none */
    int primary;                     /* as decided */
    uint32_t primary_id;
};

struct past {
    struct moment moments[MOMENTS_MAX];
    size_t count; /* number of servers */
    size_t moments_count;
};

static int whose(const struct past *past, size_t at, uint32_t id)
{
    for (size_t i = 0; i < past->count && id != 0; i++)
        if (past->moments[at].facts[i].server_id == id)
            return (int)i;
    return -1;
}

static bool has_sources(const struct topology_facts *it)
{
    uint32_t any = 0;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        any |= it->sources[i];
    return any != 0;
}

static bool names(const struct topology_facts *it, uint32_t id)
{
    bool found = false;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        found |= it->sources[i] == id;
    return found && id != 0;
}

static bool follows_now(const struct past *past, size_t at, size_t who, uint32_t id)
{
    return past->moments[at].facts[who].is_up && names(&past->moments[at].facts[who], id);
}

static size_t followers(const struct past *past, size_t at, size_t of)
{
    size_t found = 0;
    for (size_t who = 0; who < past->count; who++)
        found += follows_now(past, at, who, past->moments[at].facts[of].server_id);
    return found;
}

/* The server would take writes and applies no writes of another server. */
static bool is_loose(const struct past *past, size_t at, size_t i)
{
    const struct topology_facts *it = &past->moments[at].facts[i];
    return it->is_up && !it->is_foreign && !it->is_read_only && (!it->has_source || it->is_link_stopped);
}

static bool is_open(const struct past *past, size_t at, size_t i)
{
    const struct topology_facts *facts = past->moments[at].facts;
    size_t rivals = 0;
    for (size_t other = 0; other < past->count; other++) {
        const struct topology_facts *it = &facts[other];
        bool is_itself = other == i || (it->server_id == facts[i].server_id && it->server_id != 0);
        bool is_out = it->is_foreign || (!it->is_up && it->is_held);
        rivals += !is_itself && !is_out && (!it->is_up || !it->is_read_only);
    }
    if (past->count == 1)
        return facts->is_up && !facts->is_foreign && (!facts->has_source || facts->is_link_stopped);
    return is_loose(past, at, i) && (!facts[i].has_source || followers(past, at, i) > 0 || rivals == 0);
}

static bool may_reign(const struct past *past, size_t at, size_t i)
{
    return is_open(past, at, i) && !past->moments[at].facts[i].is_held;
}

/* The facts of a machine at the last moment before `at` when it was up (is_linked: and had sources). NULL:
 * never. */
static const struct topology_facts *last_seen(const struct past *past, size_t at, uint32_t id, bool is_linked,
                                              size_t *when_r)
{
    while (at-- > 0) {
        int i = whose(past, at, id);
        if (i >= 0 && past->moments[at].facts[i].is_up &&
            (!is_linked || has_sources(&past->moments[at].facts[i]))) {
            *when_r = at;
            return &past->moments[at].facts[i];
        }
    }
    return NULL;
}

static bool was_without_link(const struct past *past, size_t from, size_t to, uint32_t id)
{
    for (size_t at = from; at < to; at++) {
        int i = whose(past, at, id);
        if (i >= 0 && past->moments[at].facts[i].is_up && !past->moments[at].facts[i].has_source)
            return true;
    }
    return false;
}

/* The source that the server turned to at this moment: the last of its sources that it did not have before.
 * 0: none. */
static uint32_t turning(const struct past *past, size_t at, size_t who)
{
    const struct topology_facts *it = &past->moments[at].facts[who];
    size_t when = 0, linked = 0;
    uint32_t found = 0;
    if (!it->is_up || last_seen(past, at, it->server_id, false, &when) == NULL)
        return 0;
    const struct topology_facts *before = last_seen(past, at, it->server_id, true, &linked);
    bool is_cut = before == NULL || was_without_link(past, linked, at, it->server_id);
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (it->sources[i] != 0 && (is_cut || !names(before, it->sources[i])))
            found = it->sources[i];
    return found;
}

/* A server follows `id` at moment `at`, and `id` is the last source that it has turned to from moment `since`
 * on. */
static bool is_wanted(const struct past *past, size_t since, size_t at, uint32_t id)
{
    for (size_t who = 0; who < past->count; who++) {
        uint32_t me = past->moments[at].facts[who].server_id, last = 0;
        if (!follows_now(past, at, who, id))
            continue;
        for (size_t then = since; then <= at; then++) {
            int i = whose(past, then, me);
            if (i >= 0 && past->moments[then].turned_to[i] != 0)
                last = past->moments[then].turned_to[i];
        }
        if (last == id)
            return true;
    }
    return false;
}

/* The moment at which the primary before moment `until` became primary, plus one. 0: there was none. */
static size_t reign_since(const struct past *past, size_t until)
{
    size_t since = 0;
    int place = -1;
    uint32_t id = 0;
    for (size_t at = 0; at < until; at++) {
        const struct moment *moment = &past->moments[at];
        if (moment->primary >= 0 && (since == 0 || moment->primary != place || moment->primary_id != id)) {
            since = at + 1;
            place = moment->primary;
            id = moment->primary_id;
        }
    }
    return since;
}

/* True when the server is known to be writable; *first_r is the first moment of the present period. */
static bool opened(const struct past *past, size_t now, uint32_t id, size_t *first_r)
{
    bool is_it = false;
    for (size_t at = 0; at <= now; at++) {
        int i = whose(past, at, id);
        if (i < 0 || !past->moments[at].facts[i].is_up)
            continue;
        if (is_loose(past, at, (size_t)i) && !is_it)
            *first_r = at;
        is_it = is_loose(past, at, (size_t)i);
    }
    return is_it;
}

static bool is_astray(const struct past *past, size_t now, uint32_t id)
{
    size_t first = 0;
    bool is_it = false;
    if (id == 0 || !opened(past, now, id, &first))
        return false;
    uint64_t heard_us = past->moments[first].facts[whose(past, first, id)].answered_us;
    for (size_t at = first; at < now; at++) {
        const struct moment *moment = &past->moments[at];
        if (moment->primary < 0)
            continue;
        size_t since = reign_since(past, at + 1);
        if (moment->primary_id == id)
            is_it = is_it && since != at + 1;
        else if (moment->facts[moment->primary].asked_us >= heard_us && !is_wanted(past, since, at, id))
            is_it = true;
    }
    return is_it;
}

/* True when the last sources of the server are `root`, or servers that come from `root`. */
static bool comes_from(const struct past *past, size_t now, uint32_t id, uint32_t root, unsigned depth)
{
    size_t when = 0;
    const struct topology_facts *it = last_seen(past, now + 1, id, true, &when);
    if (it == NULL || depth == 0)
        return false;
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (it->sources[i] != 0 &&
            (it->sources[i] == root || comes_from(past, now, it->sources[i], root, depth - 1)))
            return true;
    return false;
}

static bool was_ever_replica(const struct past *past, size_t now, uint32_t id)
{
    for (size_t at = 0; at <= now; at++) {
        int i = whose(past, at, id);
        if (i >= 0 && past->moments[at].facts[i].is_up && past->moments[at].facts[i].has_source)
            return true;
    }
    return false;
}

static int expect_first(const struct past *past, size_t now)
{
    const struct topology_facts *facts = past->moments[now].facts;
    size_t candidates = 0, followed = 0;
    int one = -1, followed_one = -1;
    for (size_t i = 0; i < past->count; i++) {
        if (!may_reign(past, now, i))
            continue;
        candidates++;
        one = (int)i;
        followed += followers(past, now, i) > 0;
        followed_one = followers(past, now, i) > 0 ? (int)i : followed_one;
    }
    if (followed == 1 || candidates != 1)
        return followed == 1 ? followed_one : -1;
    if (was_ever_replica(past, now, facts[one].server_id))
        return one;
    for (size_t who = 0; who < past->count; who++) {
        bool names_other = false, has_silent = false;
        for (size_t i = 0; i < past->count; i++) {
            names_other |=
                (int)i != one && facts[i].is_known && follows_now(past, now, who, facts[i].server_id);
            has_silent |= !facts[i].is_known && !facts[i].is_held;
        }
        bool has_link = facts[who].is_up && facts[who].has_source && !facts[who].is_link_stopped;
        if ((int)who != one && (names_other || (has_link && has_silent)))
            return -1;
    }
    return one;
}

static int expect_next(const struct past *past, size_t now, size_t since)
{
    const struct moment *reign = &past->moments[since - 1];
    size_t heirs = 0, followed = 0, wanted = 0;
    int heir = -1, followed_one = -1, wanted_one = -1, last = -1;
    for (size_t i = 0; i < past->count; i++) {
        uint32_t id = past->moments[now].facts[i].server_id;
        bool is_last = id == reign->primary_id && (id != 0 || (int)i == reign->primary);
        last = is_last && may_reign(past, now, i) ? (int)i : last;
        if (is_last || !may_reign(past, now, i))
            continue;
        bool is_it = is_wanted(past, since, now, id);
        wanted += is_it;
        wanted_one = is_it ? (int)i : wanted_one;
        if (!is_it && (is_astray(past, now, id) ||
                       ((int)i != reign->primary && !comes_from(past, now, id, reign->primary_id, 4))))
            continue;
        heirs++;
        heir = (int)i;
        followed += followers(past, now, i) > 0;
        followed_one = followers(past, now, i) > 0 ? (int)i : followed_one;
    }
    if (last >= 0)
        return followers(past, now, (size_t)last) == 0 && wanted == 1 ? wanted_one : last;
    if (heirs == 1)
        return heir;
    return followed == 1 ? followed_one : -1;
}

static void check_verdicts(const struct past *past, size_t now, const struct topology_verdict *verdicts)
{
    const struct moment *moment = &past->moments[now];
    for (size_t i = 0; i < past->count; i++) {
        const struct topology_facts *it = &moment->facts[i];
        const struct topology_verdict *verdict = &verdicts[i];
        bool is_primary = (int)i == moment->primary;
        assert_true((verdict->role == SERVER_PRIMARY) == is_primary);
        if (is_primary)
            assert_true(may_reign(past, now, i) && !verdict->takes_reads && !verdict->is_contender);
        if (verdict->takes_reads)
            assert_true(verdict->role == SERVER_REPLICA && it->is_up && it->is_read_only && it->has_source &&
                        it->is_applying && !it->is_held && !it->takes_no_reads && !it->is_foreign);
        assert_true(verdict->is_contender == (is_open(past, now, i) && !is_primary));
        assert_true(verdict->reason != NULL && *verdict->reason != '\0');
    }
}

/* Checks the decision at the last recorded moment, and returns it. */
static int check(struct past *past, struct topology_history *history, uint64_t seed)
{
    size_t now = past->moments_count - 1, since = reign_since(past, now);
    struct moment *moment = &past->moments[now];
    struct topology_verdict verdicts[SERVERS_MAX];
    for (size_t who = 0; who < past->count; who++)
        moment->turned_to[who] = turning(past, now, who);
    int expected = since == 0 ? expect_first(past, now) : expect_next(past, now, since);
    moment->primary = topology_decide(moment->facts, past->count, false, history, verdicts);
    moment->primary_id = moment->primary >= 0 ? moment->facts[moment->primary].server_id : 0;
    assert_row(moment->primary == expected, "seed %llu, moment %zu: %d, not %d", (unsigned long long)seed,
               now, moment->primary, expected);
    check_verdicts(past, now, verdicts);
    assert_int_equal(topology_decide(moment->facts, past->count, false, history, verdicts), moment->primary);
    return moment->primary;
}

static struct topology_facts from_bits(unsigned bits, unsigned i)
{
    bool is_running = (bits & 12) == 4 || (bits & 12) == 8;
    return (struct topology_facts){ .is_up = bits & 1,
                                    .is_known = true,
                                    .is_read_only = bits & 2,
                                    .has_source = bits & 12,
                                    .is_link_stopped = (bits & 12) == 12,
                                    .is_applying = bits & 4,
                                    .server_id = i + 1,
                                    .asked_us = 20,
                                    .answered_us = 25,
                                    .sources = { is_running ? 1 + ((bits >> 4) + i) % 3 : 0 } };
}

/* Checks one combination of facts, after a moment at which `present` was the primary of the other servers;
 * -1: no such moment. */
static void check_bits(unsigned bits, unsigned count, int present)
{
    static struct past past;
    struct topology_history history;
    assert_true(topology_history_init(&history, count));
    past.count = count;
    past.moments_count = 0;
    for (unsigned moment = present < 0; moment < 2; moment++) {
        for (unsigned i = 0; i < count; i++)
            past.moments[past.moments_count].facts[i] =
                moment == 1
                    ? from_bits(bits >> (5 * i) & 31, i)
                    : (struct topology_facts){ .is_up = true,
                                               .is_known = true,
                                               .is_read_only = (int)i != present,
                                               .has_source = (int)i != present,
                                               .is_applying = true,
                                               .server_id = i + 1,
                                               .asked_us = 10,
                                               .answered_us = 15,
                                               .sources = { (int)i != present ? 1 + (uint32_t)present : 0 } };
        past.moments_count++;
        (void)check(&past, &history, bits);
    }
    topology_history_fini(&history);
}

TEST(every_triple_of_servers)
{
    for (unsigned bits = 0; bits < 1u << 15; bits++)
        for (int present = -1; present < 3; present++) {
            check_bits(bits, 3, present);
            check_bits(bits, 2, present < 2 ? present : -1);
        }
}

static void change_one_fact(struct topology_facts *it, size_t count, uint64_t *seed)
{
    switch (next_random(seed) % 10) {
    case 0:
    case 1:
        it->is_up = !it->is_up;
        it->is_known |= it->is_up;
        break;
    case 2:
        it->is_read_only = !it->is_read_only;
        break;
    case 3: /* promoted, or a replica again */
        it->has_source = it->is_read_only = !it->has_source;
        it->is_link_stopped = false;
        memset(it->sources, 0, sizeof it->sources);
        break;
    case 4:
        it->is_link_stopped = it->has_source && !it->is_link_stopped;
        memset(it->sources, 0, sizeof it->sources);
        break;
    case 5:
    case 6:
        if (it->has_source && !it->is_link_stopped)
            it->sources[next_random(seed) % 2] = next_random(seed) % (uint32_t)(count + 2);
        break;
    case 7:
        it->is_held = chance(seed, 4);
        break;
    case 8:
        it->takes_no_reads = chance(seed, 3);
        break;
    default:
        it->is_applying = !it->is_applying;
        break;
    }
}

/* Swaps two addresses or changes one fact. The changed server is asked; each other server that is up may be
 * asked. */
static void change(struct topology_facts *facts, size_t count, uint64_t now_us, uint64_t *seed)
{
    struct topology_facts *it = &facts[next_random(seed) % count], *other = &facts[next_random(seed) % count];
    if (chance(seed, 40)) {
        struct topology_facts between = *it;
        *it = *other;
        *other = between;
    } else {
        change_one_fact(it, count, seed);
    }
    for (size_t i = 0; i < count; i++)
        if (facts[i].is_up && (&facts[i] == it || chance(seed, 2))) {
            facts[i].asked_us = now_us;
            facts[i].answered_us = now_us + next_random(seed) % 15;
        }
}

/* One fact changes at a time. The former primary is the one that was decided last. */
TEST(random_histories_agree_with_the_reference)
{
    static struct past past;
    unsigned reigns = 0, without = 0, strays = 0;
    for (uint64_t round = 0; round < 3000; round++) {
        struct topology_facts facts[SERVERS_MAX] = { 0 };
        struct topology_history history;
        uint64_t seed = round + 91;
        size_t count = 1 + next_random(&seed) % 5;
        int present = TOPOLOGY_NO_PRIMARY;
        past.count = count;
        past.moments_count = 0;
        assert_true(topology_history_init(&history, count));
        for (size_t i = 0; i < count; i++) {
            bool is_up = !chance(&seed, 5);
            facts[i] = (struct topology_facts){ .is_up = is_up,
                                                .is_known = is_up,
                                                .is_read_only = i > 0,
                                                .has_source = i > 0,
                                                .is_applying = i > 0,
                                                .server_id = chance(&seed, 30) ? 0 : (uint32_t)i + 1,
                                                .asked_us = 1,
                                                .answered_us = 2,
                                                .sources = { i > 0 } };
        }
        for (unsigned step = 0; step < MOMENTS_MAX - 4; step++) {
            memcpy(past.moments[past.moments_count++].facts, facts, sizeof facts);
            int primary = check(&past, &history, round + 91);
            reigns += primary != present && primary != TOPOLOGY_NO_PRIMARY;
            without += primary == TOPOLOGY_NO_PRIMARY;
            present = primary;
            change(facts, count, 10 + 10 * (uint64_t)step, &seed);
        }
        for (size_t i = 0; i < count; i++)
            strays += history.machines[i].is_stray;
        topology_history_fini(&history);
    }
    assert_row(reigns > 5000 && without > 5000 && strays > 500, "%u reigns, %u moments without, %u strays",
               reigns, without, strays); /* enough has happened */
}

RUN_TESTS(NULL, NULL)
