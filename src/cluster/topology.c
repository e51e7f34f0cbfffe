#include "cluster/topology.h"

static bool can_write(const struct topology_facts *facts, bool is_static)
{
    if (!facts->is_up)
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
    if (facts->role_setting == ROLE_SETTING_REPLICA)
        return (struct topology_verdict){ SERVER_REPLICA, facts->is_up,
                                          facts->is_up ? "configured" : "down" };
    return (struct topology_verdict){ facts->is_up ? SERVER_UNKNOWN_ROLE : SERVER_PRIMARY, false, "down" };
}

static struct topology_verdict judge(const struct topology_facts *facts)
{
    if (!facts->is_up)
        return (struct topology_verdict){ SERVER_UNKNOWN_ROLE, false, "down" };
    if (!facts->is_read_only && !facts->has_source)
        return (struct topology_verdict){ SERVER_UNKNOWN_ROLE, false,
                                          "writable beside another writable server" };
    if (!facts->is_read_only)
        return (struct topology_verdict){ SERVER_UNKNOWN_ROLE, false, "replicates, but is writable" };
    if (!facts->has_source)
        return (struct topology_verdict){ SERVER_UNKNOWN_ROLE, false,
                                          "read_only, but replicates from nobody" };
    if (!facts->is_applying)
        return (struct topology_verdict){ SERVER_REPLICA, false, "replication is stopped" };
    return (struct topology_verdict){ SERVER_REPLICA, true, "replicates" };
}

int topology_decide(const struct topology_facts *facts, size_t count, bool is_static, int present,
                    struct topology_verdict *verdicts)
{
    int primary = choose_primary(facts, count, is_static, present);
    for (size_t i = 0; i < count; i++) {
        if ((int)i == primary)
            verdicts[i] =
                (struct topology_verdict){ SERVER_PRIMARY, false, is_static ? "configured" : "writable" };
        else
            verdicts[i] = is_static ? judge_static(&facts[i]) : judge(&facts[i]);
    }
    return primary;
}
