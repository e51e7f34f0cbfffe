#include "monitor/galera.h"

static enum wsrep_fitness fitness_of(const struct topology_facts *facts, const char **reason_r)
{
    /* Why a node cannot be the writer, whatever its wsrep state; NULL: it can. */
    *reason_r = !facts->is_up       ? "down"
                : facts->is_foreign ? "not of the first server's family (MySQL, MariaDB)"
                                    : NULL;
    return *reason_r != NULL ? WSREP_UNFIT : wsrep_judge(&facts->wsrep, reason_r);
}

static bool may_write(const struct topology_facts *facts, enum wsrep_fitness least)
{
    const char *reason;
    return !facts->is_held && !facts->is_read_only && fitness_of(facts, &reason) >= least;
}

static int choose(const struct topology_facts *facts, size_t count, int present, enum wsrep_fitness least)
{
    if (present != TOPOLOGY_NO_PRIMARY && may_write(&facts[present], least))
        return present;
    for (size_t i = 0; i < count; i++)
        if (may_write(&facts[i], least))
            return (int)i;
    return TOPOLOGY_NO_PRIMARY;
}

static struct topology_verdict judge(const struct topology_facts *facts)
{
    struct topology_verdict verdict = { .role = SERVER_UNKNOWN_ROLE };
    enum wsrep_fitness fitness = fitness_of(facts, &verdict.reason);
    if (fitness != WSREP_UNFIT)
        verdict.role = SERVER_REPLICA;
    verdict.takes_reads = fitness == WSREP_FIT && !facts->takes_no_reads && !facts->is_held;
    if (fitness == WSREP_FIT && facts->is_read_only)
        verdict.reason = "synced, and read_only";
    return verdict;
}

int galera_decide(const struct topology_facts *facts, size_t count, int present,
                  struct topology_verdict *verdicts)
{
    int writer = choose(facts, count, present, WSREP_FIT);
    if (writer == TOPOLOGY_NO_PRIMARY)
        writer = choose(facts, count, present, WSREP_BEHIND);
    for (size_t i = 0; i < count; i++)
        verdicts[i] = judge(&facts[i]);
    if (writer == TOPOLOGY_NO_PRIMARY)
        return writer;
    struct topology_verdict *verdict = &verdicts[writer];
    if (writer != present && !facts[writer].has_caught_up) {
        verdict->is_next_writer = true;
        verdict->reason = "to be the writer, once it has applied all that the cluster has";
        return TOPOLOGY_NO_PRIMARY;
    }
    *verdict = (struct topology_verdict){ .role = SERVER_PRIMARY, .reason = "the writer of the cluster" };
    return writer;
}
