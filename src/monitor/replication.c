#include "monitor/replication.h"

#include "monitor/probe.h"

enum replication_fault replication_judge(const struct probe_result *last, enum server_role role)
{
    if (role != SERVER_REPLICA || !last->has_source)
        return REPLICATION_SOUND;
    if (!last->is_applying)
        return REPLICATION_STOPPED;
    return last->is_cut_off ? REPLICATION_CUT_OFF : REPLICATION_SOUND;
}

bool replication_is_wanted(const struct probe_result *last, enum role_setting setting)
{
    bool is_open = !last->is_read_only && last->is_link_stopped && setting != ROLE_SETTING_REPLICA;
    return last->has_source && !is_open;
}

const char *replication_words(enum replication_fault fault)
{
    static const char *const words[] = { [REPLICATION_SOUND] = "replicates",
                                         [REPLICATION_STOPPED] = "replication is stopped",
                                         [REPLICATION_CUT_OFF] = "cut off from its source" };
    return words[fault];
}
