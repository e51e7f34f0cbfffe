#include "cluster/standing.h"

const char *standing_left_out(const struct topology_facts *it)
{
    if (!it->is_up)
        return "down";
    return it->is_foreign ? "not of the first server's family (MySQL, MariaDB)" : NULL;
}

bool standing_follows(const struct topology_facts *it, uint32_t server_id)
{
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (it->is_up && server_id != 0 && it->sources[i] == server_id)
            return true;
    return false;
}

size_t standing_followers(const struct topology_facts *facts, size_t count, size_t of)
{
    size_t followers = 0;
    for (size_t i = 0; i < count; i++)
        followers += standing_follows(&facts[i], facts[of].server_id);
    return followers;
}

bool standing_is_writable(const struct topology_facts *facts, size_t count, size_t i)
{
    const struct topology_facts *it = &facts[i];
    if (standing_left_out(it) != NULL || it->is_read_only)
        return false;
    return !it->has_source || (it->is_link_stopped && standing_followers(facts, count, i) > 0);
}
