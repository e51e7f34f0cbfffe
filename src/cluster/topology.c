#include "cluster/topology.h"

/* NULL: it counts. */
static const char *why_left_out(const struct topology_facts *facts)
{
    if (!facts->is_up)
        return "down";
    return facts->is_foreign ? "not of the first server's family (MySQL, MariaDB)" : NULL;
}

static bool can_write(const struct topology_facts *facts, bool is_static)
{
    if (why_left_out(facts) != NULL)
        return false;
    if (is_static)
        return facts->role_setting == ROLE_SETTING_PRIMARY;
    return !facts->is_read_only && !facts->has_source;
}

static int choose_primary(const struct topology_facts *facts, size_t count, bool is_static, int present)
{
    int found = TOPOLOGY_NO_PRIMARY;
    if (present != TOPOLOGY_NO_PRIMARY && can_write(&facts[present], is_static))
        return present;
    for (size_t i = 0; i < count; i++) {
        if (!can_write(&facts[i], is_static))
            continue;
        if (found != TOPOLOGY_NO_PRIMARY)
            return TOPOLOGY_NO_PRIMARY;
        found = (int)i;
    }
    return found;
}

static struct topology_verdict judge_static(const struct topology_facts *facts)
{
    const char *left_out = why_left_out(facts);
    if (facts->role_setting == ROLE_SETTING_REPLICA)
        return (struct topology_verdict){ .role = SERVER_REPLICA,
                                          .takes_reads = left_out == NULL,
                                          .reason = left_out != NULL ? left_out : "configured" };
    if (left_out != NULL)
        return (struct topology_verdict){ .role = SERVER_PRIMARY, .reason = left_out };
    return (struct topology_verdict){ .reason = "configured as primary beside another one" };
}

static struct topology_verdict judge(const struct topology_facts *facts)
{
    const char *left_out = why_left_out(facts);
    if (left_out != NULL)
        return (struct topology_verdict){ .reason = left_out };
    if (!facts->is_read_only && !facts->has_source)
        return (struct topology_verdict){ .is_contender = true,
                                          .reason = "writable beside another writable server" };
    if (!facts->is_read_only)
        return (struct topology_verdict){ .reason = "replicates, but is writable" };
    if (!facts->has_source)
        return (struct topology_verdict){ .reason = "read_only, but replicates from nobody" };
    if (!facts->is_applying)
        return (struct topology_verdict){ .role = SERVER_REPLICA, .reason = "replication is stopped" };
    return (struct topology_verdict){ .role = SERVER_REPLICA, .takes_reads = true, .reason = "replicates" };
}

int topology_decide(const struct topology_facts *facts, size_t count, bool is_static, int present,
                    struct topology_verdict *verdicts)
{
    int primary = choose_primary(facts, count, is_static, present);
    for (size_t i = 0; i < count; i++) {
        if ((int)i == primary)
            verdicts[i] = (struct topology_verdict){ .role = SERVER_PRIMARY,
                                                     .reason = is_static ? "configured" : "writable" };
        else
            verdicts[i] = is_static ? judge_static(&facts[i]) : judge(&facts[i]);
    }
    return primary;
}
