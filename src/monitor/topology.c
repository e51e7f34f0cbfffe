#include "monitor/topology.h"

struct scene {
    const struct topology_facts *facts;
    size_t count;
    const struct topology_history *history;
};

typedef bool condition(const struct scene *scene, size_t i);

static bool is_candidate(const struct scene *scene, size_t i)
{
    return !scene->facts[i].is_held && topology_facts_is_writable(scene->facts, scene->count, i);
}

static bool is_followed(const struct scene *scene, size_t i)
{
    return is_candidate(scene, i) && topology_facts_followers(scene->facts, scene->count, i) > 0;
}

static bool is_chosen(const struct scene *scene, size_t i)
{
    return is_candidate(scene, i) && scene->facts[i].server_id != scene->history->primary_id &&
           topology_history_is_chosen(scene->history, scene->facts, scene->count, i);
}

static bool is_elected(const struct scene *scene, size_t i)
{
    return is_candidate(scene, i) && topology_history_is_elected(scene->history, &scene->facts[i]);
}

static bool is_next_writer(const struct scene *scene, size_t i)
{
    return is_candidate(scene, i) &&
           topology_history_may_succeed(scene->history, scene->facts, scene->count, i);
}

static bool is_followed_heir(const struct scene *scene, size_t i)
{
    return is_followed(scene, i) && is_next_writer(scene, i);
}

/* A machine at two addresses counts once, at the address of the last primary. */
static bool is_same_machine(const struct scene *scene, size_t a, size_t b)
{
    return scene->facts[a].server_id != 0 && scene->facts[a].server_id == scene->facts[b].server_id;
}

/* The only server that fulfils the condition; TOPOLOGY_NO_PRIMARY if none or several do. */
static int only(const struct scene *scene, condition *holds)
{
    int found = TOPOLOGY_NO_PRIMARY;
    for (size_t i = 0; i < scene->count; i++) {
        if (!holds(scene, i))
            continue;
        if (found != TOPOLOGY_NO_PRIMARY && !is_same_machine(scene, (size_t)found, i))
            return TOPOLOGY_NO_PRIMARY;
        if (found == TOPOLOGY_NO_PRIMARY || (int)i == scene->history->place)
            found = (int)i;
    }
    return found;
}

/* Takes the first condition that exactly one server fulfils, and returns that server; TOPOLOGY_NO_PRIMARY:
 * there is no such condition. */
static int first_only(const struct scene *scene, condition *const *conditions, size_t count)
{
    int found = TOPOLOGY_NO_PRIMARY;
    for (size_t i = 0; i < count && found == TOPOLOGY_NO_PRIMARY; i++)
        found = only(scene, conditions[i]);
    return found;
}

/* Does server `who` follow a server of this cluster other than `than`? True also if its source may be a
 * server that has never answered. */
static bool follows_another(const struct scene *scene, size_t who, size_t than)
{
    const struct topology_facts *it = &scene->facts[who];
    bool is_linked = it->is_up && it->has_source && !it->is_link_stopped, is_known = false;
    bool may_be_silent = false;
    for (size_t i = 0; i < scene->count; i++) {
        const struct topology_facts *other = &scene->facts[i];
        if (i != than && other->is_known && topology_facts_follows(it, other->server_id))
            return true;
        is_known |= other->is_known && topology_facts_follows(it, other->server_id);
        may_be_silent |= !other->is_known && !other->is_held;
    }
    return is_linked && !is_known && may_be_silent;
}

/* For the first decision: no server follows this server, and another server follows a third one. This server
 * may have been promoted a moment ago, or be outside of replication while the primary is down. A server that
 * was seen as a replica was promoted, and is not doubtful. */
static bool is_doubtful(const struct scene *scene, size_t i)
{
    if (is_followed(scene, i) || topology_history_was_replica(scene->history, &scene->facts[i]))
        return false;
    for (size_t who = 0; who < scene->count; who++)
        if (who != i && follows_another(scene, who, i))
            return true;
    return false;
}

static int choose_first(const struct scene *scene)
{
    static condition *const conditions[] = { is_elected, is_candidate, is_followed };
    int found = first_only(scene, conditions, sizeof conditions / sizeof *conditions);
    bool is_free = found == TOPOLOGY_NO_PRIMARY || is_elected(scene, (size_t)found) ||
                   !is_doubtful(scene, (size_t)found);
    return is_free ? found : TOPOLOGY_NO_PRIMARY;
}

static int choose_successor(const struct scene *scene)
{
    static condition *const conditions[] = { is_elected, is_next_writer, is_followed_heir };
    return first_only(scene, conditions, sizeof conditions / sizeof *conditions);
}

static int choose_primary(const struct scene *scene)
{
    int last = topology_history_primary(scene->history, scene->facts, scene->count);
    if (!scene->history->has_reigned)
        return choose_first(scene);
    if (last == TOPOLOGY_NO_PRIMARY || !is_candidate(scene, (size_t)last))
        return choose_successor(scene);
    int chosen = is_followed(scene, (size_t)last) ? TOPOLOGY_NO_PRIMARY : only(scene, is_chosen);
    return chosen != TOPOLOGY_NO_PRIMARY ? chosen : last;
}

/* ---- static ---- */

static bool is_configured(const struct scene *scene, size_t i)
{
    const struct topology_facts *it = &scene->facts[i];
    return !it->is_held && it->role_setting == ROLE_SETTING_PRIMARY && topology_facts_left_out(it) == NULL;
}

/* The configured primary. A configuration has one at most; of several, the present one would stay. */
static int choose_configured(const struct scene *scene)
{
    int last = scene->history->place;
    if (last != TOPOLOGY_NO_PRIMARY && last < (int)scene->count && is_configured(scene, (size_t)last))
        return last;
    return only(scene, is_configured);
}

static struct topology_verdict judge_static(const struct topology_facts *facts)
{
    const char *left_out = topology_facts_left_out(facts);
    const char *reason = left_out != NULL ? left_out : facts->is_held ? "held by an operator" : "configured";
    if (facts->role_setting == ROLE_SETTING_REPLICA)
        return (struct topology_verdict){ .role = SERVER_REPLICA,
                                          .takes_reads = left_out == NULL && !facts->takes_no_reads,
                                          .reason = reason };
    if (left_out != NULL || facts->is_held)
        return (struct topology_verdict){ .role = SERVER_PRIMARY, .reason = reason };
    return (struct topology_verdict){ .reason = "configured as primary beside another one" };
}

/* Why a server that would take writes is not the primary. */
static const char *why_passed_over(const struct scene *scene, size_t i, bool has_primary)
{
    const struct topology_facts *it = &scene->facts[i];
    if (it->is_held)
        return "writable, but held by an operator";
    if (has_primary)
        return "writable beside another writable server";
    if (!scene->history->has_reigned && is_doubtful(scene, i))
        return "writable, but no server follows it, and a replica follows another server";
    if (scene->history->has_reigned && !is_next_writer(scene, i))
        return topology_history_is_stray(scene->history, it)
                   ? "writable, as it was beside the last primary, and no replica has turned to it"
                   : "writable, but was not seen to replicate from the last primary";
    return "writable beside another writable server";
}

static struct topology_verdict judge(const struct scene *scene, size_t i, bool has_primary)
{
    const struct topology_facts *it = &scene->facts[i];
    const char *left_out = topology_facts_left_out(it);
    if (left_out != NULL)
        return (struct topology_verdict){ .reason = left_out };
    if (topology_facts_is_writable(scene->facts, scene->count, i))
        return (struct topology_verdict){ .is_contender = true,
                                          .reason = why_passed_over(scene, i, has_primary) };
    if (!it->is_read_only)
        return (struct topology_verdict){
            .reason = it->is_link_stopped ? "writable, its replication is stopped, but no server follows it"
                                          : "replicates, but is writable"
        };
    if (!it->has_source)
        return (struct topology_verdict){ .reason = "read_only, but replicates from no server" };
    if (!it->is_applying)
        return (struct topology_verdict){ .role = SERVER_REPLICA, .reason = "replication is stopped" };
    return (struct topology_verdict){ .role = SERVER_REPLICA,
                                      .takes_reads = !it->takes_no_reads,
                                      .reason = "replicates" };
}

int topology_decide(const struct topology_facts *facts, size_t count, bool is_static,
                    struct topology_history *history, struct topology_verdict *verdicts)
{
    const struct scene scene = { .facts = facts, .count = count, .history = history };
    topology_history_note(history, facts, count);
    int primary = is_static ? choose_configured(&scene) : choose_primary(&scene);
    topology_history_settle(history, facts, count, primary);
    for (size_t i = 0; i < count; i++) {
        if ((int)i == primary)
            verdicts[i] = (struct topology_verdict){ .role = SERVER_PRIMARY,
                                                     .reason = is_static               ? "configured"
                                                               : facts[i].is_read_only ? "the only server"
                                                                                       : "writable" };
        else
            verdicts[i] =
                is_static ? judge_static(&facts[i]) : judge(&scene, i, primary != TOPOLOGY_NO_PRIMARY);
        if (facts[i].is_held)
            verdicts[i].takes_reads = false;
    }
    return primary;
}
