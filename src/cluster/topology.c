#include "cluster/topology.h"

/* NULL: it counts. */
static const char *why_left_out(const struct topology_facts *facts)
{
    if (!facts->is_up)
        return "down";
    return facts->is_foreign ? "not of the first server's family (MySQL, MariaDB)" : NULL;
}

static bool follows(const struct topology_facts *facts, uint32_t server_id)
{
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (facts->is_up && server_id != 0 && facts->sources[i] == server_id)
            return true;
    return false;
}

static size_t count_followers(const struct topology_facts *facts, size_t count, size_t of)
{
    size_t followers = 0;
    for (size_t i = 0; i < count; i++)
        followers += follows(&facts[i], facts[of].server_id);
    return followers;
}

/* Writes would be taken there, and nobody else's are applied. */
static bool is_writable(const struct topology_facts *facts, size_t count, size_t i)
{
    const struct topology_facts *it = &facts[i];
    if (why_left_out(it) != NULL || it->is_read_only)
        return false;
    return !it->has_source || (it->is_link_stopped && count_followers(facts, count, i) > 0);
}

static bool is_candidate(const struct topology_facts *facts, size_t count, bool is_static, size_t i)
{
    if (facts[i].is_held)
        return false;
    if (is_static)
        return facts[i].role_setting == ROLE_SETTING_PRIMARY && why_left_out(&facts[i]) == NULL;
    return is_writable(facts, count, i);
}

/* The only candidate with at least so many followers, or TOPOLOGY_NO_PRIMARY if there are none or several. */
static int only_candidate(const struct topology_facts *facts, size_t count, bool is_static, size_t followers)
{
    int found = TOPOLOGY_NO_PRIMARY;
    for (size_t i = 0; i < count; i++) {
        if (!is_candidate(facts, count, is_static, i) || count_followers(facts, count, i) < followers)
            continue;
        if (found != TOPOLOGY_NO_PRIMARY)
            return TOPOLOGY_NO_PRIMARY;
        found = (int)i;
    }
    return found;
}

static int choose_primary(const struct topology_facts *facts, size_t count, bool is_static, int present)
{
    int only = only_candidate(facts, count, is_static, 0);
    if (only != TOPOLOGY_NO_PRIMARY)
        return only;
    int followed = is_static ? TOPOLOGY_NO_PRIMARY : only_candidate(facts, count, is_static, 1);
    if (present == TOPOLOGY_NO_PRIMARY || !is_candidate(facts, count, is_static, (size_t)present))
        return followed;
    /* If the present one is followed, too, no candidate is the only one. */
    return followed != TOPOLOGY_NO_PRIMARY ? followed : present;
}

static struct topology_verdict judge_static(const struct topology_facts *facts)
{
    const char *left_out = why_left_out(facts);
    const char *reason = left_out != NULL ? left_out : facts->is_held ? "held by an operator" : "configured";
    if (facts->role_setting == ROLE_SETTING_REPLICA)
        return (struct topology_verdict){ .role = SERVER_REPLICA,
                                          .takes_reads = left_out == NULL && !facts->takes_no_reads,
                                          .reason = reason };
    if (left_out != NULL || facts->is_held)
        return (struct topology_verdict){ .role = SERVER_PRIMARY, .reason = reason };
    return (struct topology_verdict){ .reason = "configured as primary beside another one" };
}

static struct topology_verdict judge_replica(const struct topology_facts *facts)
{
    if (!facts->is_applying)
        return (struct topology_verdict){ .role = SERVER_REPLICA, .reason = "replication is stopped" };
    return (struct topology_verdict){ .role = SERVER_REPLICA,
                                      .takes_reads = !facts->takes_no_reads,
                                      .reason = "replicates" };
}

static struct topology_verdict judge(const struct topology_facts *facts, size_t count, size_t i)
{
    const struct topology_facts *it = &facts[i];
    const char *left_out = why_left_out(it);
    if (left_out != NULL)
        return (struct topology_verdict){ .reason = left_out };
    if (is_writable(facts, count, i))
        return (struct topology_verdict){ .is_contender = true,
                                          .reason = it->is_held ? "writable, but held by an operator"
                                                                : "writable beside another writable server" };
    if (!it->is_read_only)
        return (struct topology_verdict){
            .reason = it->is_link_stopped ? "writable, its replication is stopped, but nobody follows it"
                                          : "replicates, but is writable"
        };
    if (!it->has_source)
        return (struct topology_verdict){ .reason = "read_only, but replicates from nobody" };
    return judge_replica(it);
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
            verdicts[i] = is_static ? judge_static(&facts[i]) : judge(facts, count, i);
        if (facts[i].is_held)
            verdicts[i].takes_reads = false;
    }
    return primary;
}
