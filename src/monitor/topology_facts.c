#include "monitor/topology_facts.h"

const char *topology_facts_left_out(const struct topology_facts *it)
{
    if (!it->is_up)
        return "down";
    return it->is_foreign ? "not of the first server's family (MySQL, MariaDB)" : NULL;
}

bool topology_facts_follows(const struct topology_facts *it, uint32_t server_id)
{
    for (size_t i = 0; i < TOPOLOGY_SOURCES_MAX; i++)
        if (it->is_up && server_id != 0 && it->sources[i] == server_id)
            return true;
    return false;
}

size_t topology_facts_followers(const struct topology_facts *facts, size_t count, size_t of)
{
    size_t followers = 0;
    for (size_t i = 0; i < count; i++)
        followers += topology_facts_follows(&facts[i], facts[of].server_id);
    return followers;
}

static bool replicates(const struct topology_facts *it)
{
    return it->has_source && !it->is_link_stopped;
}

bool topology_facts_is_open(const struct topology_facts *it)
{
    return topology_facts_left_out(it) == NULL && !it->is_read_only && !replicates(it);
}

/* Every other server answers and is read_only, is held and down, or is another address of this machine. */
static bool is_without_rival(const struct topology_facts *facts, size_t count, size_t i)
{
    for (size_t other = 0; other < count; other++) {
        const struct topology_facts *it = &facts[other];
        bool is_out = it->is_foreign || (it->is_held && !it->is_up) ||
                      (it->server_id != 0 && it->server_id == facts[i].server_id);
        if (other != i && !is_out && !(it->is_up && it->is_read_only))
            return false;
    }
    return true;
}

bool topology_facts_is_writable(const struct topology_facts *facts, size_t count, size_t i)
{
    if (count == 1)
        return topology_facts_left_out(&facts[i]) == NULL && !replicates(&facts[i]);
    return topology_facts_is_open(&facts[i]) &&
           (!facts[i].has_source || topology_facts_followers(facts, count, i) > 0 ||
            is_without_rival(facts, count, i));
}
