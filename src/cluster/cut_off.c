#include "cluster/cut_off.h"

#include "cluster/cluster_state.h"
#include "monitor/replication.h"

#include <stdio.h>

/* The server is up, and its last probe passed. A replica notices the end of its source earlier. */
static bool is_well(const struct cluster_member *member)
{
    return member->health.probed == SERVER_UP && member->health.in_a_row == 0 && !member->is_removed;
}

/* The server of that id, if it is up; or NULL. */
static const struct cluster_member *find_source(const struct cluster *cluster, uint32_t server_id)
{
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cluster_member *member = &cluster->members[i];
        if (server_id != 0 && member->is_known && member->last.server_id == server_id && is_well(member))
            return member;
    }
    return NULL;
}

/* A server that has the changes that this server misses, or NULL. The primary misses nothing, and nodes of a
 * Galera cluster need no replication link. */
static const struct cluster_member *find_giver(const struct cluster_member *member,
                                               const struct probe_result *result)
{
    const struct cluster *cluster = member->cluster;
    const struct cluster_member *primary =
        cluster->primary != TOPOLOGY_NO_PRIMARY ? &cluster->members[cluster->primary] : NULL;
    const struct cluster_member *source = find_source(cluster, result->broken_source);
    bool is_running = !result->is_link_broken && result->is_applying;
    bool is_wanted = replication_is_wanted(result, member->server->role_setting);
    if (is_running || !is_wanted || primary == member || member_is_any_galera(cluster))
        return NULL;
    if (source != NULL)
        return source;
    return primary != NULL && is_well(primary) ? primary : NULL;
}

void cut_off_look(struct cluster_member *member, struct probe_result *result)
{
    uint64_t now_us = member->cluster->env.loop->now_us;
    const struct cluster_member *giver = find_giver(member, result);
    if (giver == NULL || giver == member || member->linked_us == 0) {
        member->linked_us = now_us;
        return;
    }
    int64_t silent_ms = (int64_t)((now_us - member->linked_us) / 1000);
    if (silent_ms > result->lag_ms)
        result->lag_ms = silent_ms;
    result->is_cut_off = true;
    (void)snprintf(result->error, sizeof result->error, "its link %s, though %.32s is up: %.80s",
                   result->is_link_broken ? "does not run" : "is stopped", giver->server->name,
                   result->link_error[0] != '\0' ? result->link_error : "it gives no reason");
}
