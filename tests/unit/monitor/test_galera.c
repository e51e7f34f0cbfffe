/* What the nodes of a Galera cluster report, and which roles follow.
 *
 * A node is four letters:
 *
 *   1  u up     d down      h up, held by an operator     l up, takes no reads for another reason
 *   2  w writable           r read_only
 *   3  S synced             D donor         j joined            J joining
 *      N not in the primary component       C not connected
 *      U not ready          X rejects statements                - not a Galera node
 *   4  c has caught up      . has not
 *
 * Verdicts: P primary, H next writer, R replica that takes reads, r replica that takes none, ? unknown role.
 * `present` and `primary` count from 1; 0: none.
 */
#include "../base/unit.h"

#include "monitor/galera.h"
#include "mysql/caps.h"
#include "mysql/packet.h"
#include "mysql/resultset.h"

#define NODES_MAX 8

static const struct {
    const char *what, *nodes;
    int present;
    const char *verdicts;
    int primary;
} rows[] = {
    /* the first writer: in the order of the configuration, after it has applied all that it has received */
    { "three synced, none chosen yet", "uwS. uwS. uwS.", 0, "HRR", 0 },
    { "the same, caught up", "uwSc uwS. uwS.", 0, "PRR", 1 },
    { "another one has caught up: in vain", "uwS. uwSc uwS.", 0, "HRR", 0 },
    { "one node", "uwSc", 0, "P", 1 },
    /* the writer stays while it is fit */
    { "the present one stays", "uwS. uwS. uwS.", 1, "PRR", 1 },
    { "also if it is not the first: no failback", "uwSc uwSc uwS.", 2, "RPR", 2 },
    { "… nor for one that has just come back", "uwS. dwS. uwS.", 3, "R?P", 3 },
    { "the writer lags for its own reads: it stays", "lwS. uwS. uwS.", 1, "PRR", 1 },
    /* the writer is no longer fit */
    { "it is down", "dwS. uwS. uwS.", 1, "?HR", 0 },
    { "it is down, the next one has caught up", "dwS. uwSc uwS.", 1, "?PR", 2 },
    { "it is a donor", "uwD. uwSc uwS.", 1, "rPR", 2 },
    { "it is outside of the primary component", "uwN. uwSc uwS.", 1, "?PR", 2 },
    { "it is not connected", "uwC. uwSc uwS.", 1, "?PR", 2 },
    { "it is not ready", "uwU. uwSc uwS.", 1, "?PR", 2 },
    { "it rejects statements", "uwX. uwSc uwS.", 1, "?PR", 2 },
    { "it is read_only", "urS. uwSc uwS.", 1, "RPR", 2 },
    { "an operator holds it", "hwS. uwSc uwS.", 1, "rPR", 2 },
    { "it is no node any more", "uw-. uwSc uwS.", 1, "?PR", 2 },
    /* nodes that take no reads, and nodes that cannot become the writer */
    { "a donor", "uwS. uwD. uwS.", 1, "PrR", 1 },
    { "joined, and behind", "uwS. uwj. uwS.", 1, "PrR", 1 },
    { "joining", "uwS. uwJ. uwS.", 1, "P?R", 1 },
    { "cut off", "uwS. uwN. uwS.", 1, "P?R", 1 },
    { "ejected, or held", "uwS. lwS. hwS.", 1, "Prr", 1 },
    { "read_only", "uwS. urS. uwS.", 1, "PRR", 1 },
    { "all the others are read_only", "dwS. urS. urS.", 1, "?RR", 0 },
    /* a donor may be the writer when no node is synced */
    { "the last one is a donor", "uwD. dwS. uwJ.", 1, "P??", 1 },
    { "two of them: the present one stays", "uwD. uwD. dwS.", 2, "rP?", 2 },
    { "a donor that was not the writer", "uwD. dwS. dwS.", 3, "H??", 0 },
    { "… and has caught up", "uwDc dwS. dwS.", 3, "P??", 1 },
    { "a synced one is better, wherever it stands", "uwD. uwj. uwSc", 1, "rrP", 3 },
    { "a read_only donor", "urD. dwS.", 1, "r?", 0 },
    /* no writer */
    { "no quorum anywhere", "uwN. uwN. dwS.", 1, "???", 0 },
    { "none at all", "", 0, "", 0 },
};

static struct wsrep read_wsrep(char letter)
{
    struct wsrep wsrep = {
        .is_node = true, .is_ready = true, .is_connected = true, .is_primary = true, .state = WSREP_SYNCED
    };
    switch (letter) {
    case 'S':
        break;
    case 'D':
        wsrep.state = WSREP_DONOR;
        break;
    case 'j':
        wsrep.state = WSREP_JOINED;
        break;
    case 'J':
        wsrep = (struct wsrep){ .is_node = true, .is_connected = true, .is_primary = true, .state = 1 };
        break;
    case 'N':
        wsrep = (struct wsrep){ .is_node = true, .is_connected = true };
        break;
    case 'C':
        wsrep = (struct wsrep){ .is_node = true };
        break;
    case 'U':
        wsrep.is_ready = false;
        break;
    case 'X':
        wsrep.is_rejecting = true;
        break;
    default:
        wsrep = (struct wsrep){ 0 };
    }
    return wsrep;
}

static size_t read_nodes(const char *text, struct topology_facts facts[NODES_MAX])
{
    size_t count = 0;
    for (; *text != '\0'; text += 4) {
        text += *text == ' ';
        facts[count++] = (struct topology_facts){ .is_up = text[0] != 'd',
                                                  .is_held = text[0] == 'h',
                                                  .takes_no_reads = text[0] != 'u',
                                                  .is_read_only = text[1] == 'r',
                                                  .wsrep = read_wsrep(text[2]),
                                                  .has_caught_up = text[3] == 'c' };
    }
    return count;
}

static char letter(const struct topology_verdict *verdict)
{
    if (verdict->is_next_writer)
        return 'H';
    if (verdict->role == SERVER_PRIMARY)
        return 'P';
    if (verdict->role == SERVER_REPLICA)
        return verdict->takes_reads ? 'R' : 'r';
    return verdict->takes_reads ? '!' : '?';
}

TEST(role_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct topology_facts facts[NODES_MAX];
        struct topology_verdict verdicts[NODES_MAX];
        char letters[NODES_MAX + 1] = "";
        size_t count = read_nodes(rows[i].nodes, facts);
        int primary = galera_decide(facts, count, rows[i].present - 1, verdicts);
        for (size_t n = 0; n < count; n++) {
            letters[n] = letter(&verdicts[n]);
            assert_row(verdicts[n].reason != NULL, "%s: no reason for %zu", rows[i].what, n + 1);
        }
        assert_row(strcmp(letters, rows[i].verdicts) == 0, "%s: %s", rows[i].what, letters);
        assert_row(primary == rows[i].primary - 1, "%s: primary %d", rows[i].what, primary + 1);
    }
}

TEST(an_heir_takes_reads_while_it_is_synced)
{
    struct topology_facts facts[NODES_MAX];
    struct topology_verdict verdicts[NODES_MAX];
    size_t count = read_nodes("dwS. uwS. uwD.", facts);
    assert_int_equal(galera_decide(facts, count, 0, verdicts), TOPOLOGY_NO_PRIMARY);
    assert_true(verdicts[1].is_next_writer && verdicts[1].takes_reads && verdicts[1].role == SERVER_REPLICA);
    (void)read_nodes("dwS. dwS. uwD.", facts);
    assert_int_equal(galera_decide(facts, count, 0, verdicts), TOPOLOGY_NO_PRIMARY);
    assert_true(verdicts[2].is_next_writer && !verdicts[2].takes_reads);
}

/* ---- answers as MariaDB 10.11 with Galera 26.4.23 gave them ---- */

/* `cells`: names and values in turn, up to NULL. */
static void answer(struct rows *into, const char *const *cells)
{
    struct text out = { 0 };
    struct resultset set;
    struct error err = { 0 };
    struct packet_header header;
    resultset_begin(&set, &out, 1, CAP_DEPRECATE_EOF, 2, 2);
    resultset_column(&set, "Variable_name", RESULTSET_TEXT, 64);
    resultset_column(&set, "Value", RESULTSET_TEXT, 64);
    resultset_body(&set);
    for (; *cells != NULL; cells++)
        resultset_value(&set, span_cstr(*cells));
    resultset_end(&set);
    rows_begin(into, CAP_DEPRECATE_EOF);
    for (struct span rest = text_span(&out); packet_peek(rest, &header);) {
        (void)rows_feed(into, span_of(rest.data + PACKET_HEADER_BYTES, header.len), &err);
        size_t len = PACKET_HEADER_BYTES + header.len;
        rest = span_of(rest.data + len, rest.len - len);
    }
    text_fini(&out);
}

TEST(what_nodes_say)
{
    static const struct {
        const char *on, *rejects, *provider, *ready, *connected, *status, *number;
        enum wsrep_fitness fitness;
        const char *reason;
    } said[] = {
        { "ON", "NONE", "Galera", "ON", "ON", "Primary", "4", WSREP_FIT, "synced" },
        { "ON", "NONE", "Galera", "ON", "ON", "primary", "4", WSREP_FIT, "synced" },
        { "ON", "NONE", "Galera", "ON", "ON", "Primary", "2", WSREP_BEHIND, "donor" },
        { "ON", "NONE", "Galera", "OFF", "ON", "non-Primary", "0", WSREP_UNFIT, "primary component" },
        { "ON", "NONE", "Galera", "OFF", "ON", "non-Primary", "1", WSREP_UNFIT, "primary component" },
        { "ON", "NONE", "Galera", "OFF", "ON", "Primary", "1", WSREP_UNFIT, "joining" },
        { "ON", "NONE", "Galera", "ON", "ON", "Primary", "3", WSREP_BEHIND, "joined" },
        { "ON", "NONE", "Galera", "OFF", "ON", "Primary", "4", WSREP_UNFIT, "not ready" },
        { "ON", "NONE", "Galera", "OFF", "OFF", "Disconnected", "0", WSREP_UNFIT, "not connected" },
        { "ON", "NONE", "Galera", "ON", "ON", "Primary", "9", WSREP_UNFIT, "not synced" },
        { "ON", "NONE", "Galera", "ON", "ON", "Primary", "x", WSREP_UNFIT, "not synced" },
        { "ON", "ALL", "Galera", "ON", "ON", "Primary", "4", WSREP_UNFIT, "rejects" },
        { "ON", "ALL_KILL", "Galera", "ON", "ON", "Primary", "4", WSREP_UNFIT, "rejects" },
        { "ON", "NONE", "", "OFF", "OFF", "Disconnected", "0", WSREP_UNFIT, "no Galera node" },
        { "OFF", "NONE", "Galera", "ON", "ON", "Primary", "4", WSREP_UNFIT, "no Galera node" },
    };
    for (size_t i = 0; i < COUNT_OF(said); i++) {
        struct rows answers = { 0 };
        struct wsrep wsrep;
        const char *reason;
        answer(&answers, (const char *const[]){ "wsrep_on", said[i].on, NULL });
        wsrep_read_is_on(&answers, &wsrep);
        answer(&answers, (const char *const[]){ "wsrep_reject_queries", said[i].rejects, NULL });
        wsrep_read_rejects(&answers, &wsrep);
        answer(&answers, (const char *const[]){ "wsrep_local_state_uuid", "4", "wsrep_local_state",
                                                said[i].number, "wsrep_cluster_status", said[i].status,
                                                "wsrep_connected", said[i].connected, "wsrep_provider_name",
                                                said[i].provider, "wsrep_ready", said[i].ready, NULL });
        wsrep_read_status(&answers, &wsrep);
        enum wsrep_fitness fitness = wsrep_judge(&wsrep, &reason);
        assert_row(fitness == said[i].fitness && strstr(reason, said[i].reason) != NULL, "row %zu: %d %s", i,
                   (int)fitness, reason);
        rows_fini(&answers);
    }
}

TEST(a_server_without_wsrep_is_no_node)
{
    struct rows answers = { 0 };
    struct wsrep wsrep = { .is_node = true, .state = 4 }, none = { 0 };
    answer(&answers, (const char *const[]){ NULL });
    wsrep_read_is_on(&answers, &wsrep);
    assert_true(wsrep_is_same(&wsrep, &none));
    rows_fini(&answers);
}

RUN_TESTS(NULL, NULL)
