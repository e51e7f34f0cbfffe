#include "monitor/wsrep.h"

#include <stddef.h>

/* The value of the row of that name. */
static bool value_of(const struct rows *rows, const char *name, struct span *value_r)
{
    int names = rows_column(rows, "Variable_name"), values = rows_column(rows, "Value");
    struct span found;
    for (unsigned row = 0; row < rows->rows; row++)
        if (rows_value(rows, row, names, &found) && span_is_nocase(found, name))
            return rows_value(rows, row, values, value_r);
    return false;
}

static bool is_word(const struct rows *rows, const char *name, const char *word)
{
    struct span value;
    return value_of(rows, name, &value) && span_is_nocase(value, word);
}

void wsrep_read_is_on(const struct rows *rows, struct wsrep *wsrep)
{
    *wsrep = (struct wsrep){ .is_node = is_word(rows, "wsrep_on", "ON") };
}

void wsrep_read_rejects(const struct rows *rows, struct wsrep *wsrep)
{
    struct span value;
    wsrep->is_rejecting = value_of(rows, "wsrep_reject_queries", &value) && !span_is_nocase(value, "NONE");
}

void wsrep_read_status(const struct rows *rows, struct wsrep *wsrep)
{
    struct span value;
    uint64_t state = 0;
    bool has_provider = value_of(rows, "wsrep_provider_name", &value) && value.len > 0;
    wsrep->is_node = wsrep->is_node && has_provider;
    wsrep->is_ready = is_word(rows, "wsrep_ready", "ON");
    wsrep->is_connected = is_word(rows, "wsrep_connected", "ON");
    wsrep->is_primary = is_word(rows, "wsrep_cluster_status", "Primary");
    if (value_of(rows, "wsrep_local_state", &value) && span_to_u64(value, &state) && state <= UINT32_MAX)
        wsrep->state = (uint32_t)state;
}

/* ---- fitness ---- */

enum wsrep_fitness wsrep_judge(const struct wsrep *wsrep, const char **reason_r)
{
    /* The first row that holds decides. A cause stands before its effects: a node outside of the primary
     * component is not ready either. */
    const struct {
        bool holds;
        enum wsrep_fitness fitness;
        const char *reason;
    } faults[] = {
        { !wsrep->is_node, WSREP_UNFIT, "no Galera node: wsrep_on is off" },
        { !wsrep->is_connected, WSREP_UNFIT, "not connected to the Galera cluster" },
        { !wsrep->is_primary, WSREP_UNFIT, "not in the primary component of the Galera cluster" },
        { wsrep->state == WSREP_JOINING, WSREP_UNFIT,
          "joining the Galera cluster: it is being brought up to date" },
        { !wsrep->is_ready, WSREP_UNFIT, "not ready (wsrep_ready is off)" },
        { wsrep->is_rejecting, WSREP_UNFIT, "rejects statements (wsrep_reject_queries)" },
        { wsrep->state == WSREP_DONOR, WSREP_BEHIND,
          "donor or desynced: it does not keep up with the other nodes" },
        { wsrep->state == WSREP_JOINED, WSREP_BEHIND, "joined, and catching up with the other nodes" },
        { wsrep->state != WSREP_SYNCED, WSREP_UNFIT, "not synced (wsrep_local_state)" },
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].holds) {
            *reason_r = faults[i].reason;
            return faults[i].fitness;
        }
    *reason_r = "synced";
    return WSREP_FIT;
}

bool wsrep_is_same(const struct wsrep *a, const struct wsrep *b)
{
    return a->is_node == b->is_node && a->is_ready == b->is_ready && a->is_connected == b->is_connected &&
           a->is_primary == b->is_primary && a->is_rejecting == b->is_rejecting && a->state == b->state;
}
