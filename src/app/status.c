#include "app/status.h"

#include "base/str.h"

static void append_cluster(const struct cluster *cluster, struct text *line)
{
    const struct view *view = cluster->view;
    size_t up = 0, servers = 0, faults = 0;
    (void)text_appendf(line, "%s%s: ", line->len > 0 ? "; " : "", cluster->settings->name);
    if (view == NULL) {
        (void)text_append_cstr(line, "its servers are being asked");
        return;
    }
    for (size_t i = 0; i < view->count; i++) {
        up += view->servers[i].state == SERVER_UP;
        servers += !view->servers[i].is_gone;
        faults += view->servers[i].fault != REPLICATION_SOUND;
    }
    if (view->primary == VIEW_NO_SERVER)
        (void)text_append_cstr(line, "no primary");
    else
        (void)text_appendf(line, "%s is the primary", view->servers[view->primary].server->name);
    (void)text_appendf(line, ", %zu of %zu servers are up", up, servers);
    if (faults > 0)
        (void)text_appendf(line, ", %zu of them do not replicate", faults);
    (void)text_append_cstr(line, view->is_paused ? ", paused" : "");
}

void status_tell(const struct cluster *clusters, size_t count, void (*tell)(const char *status))
{
    struct text line = { 0 };
    for (size_t i = 0; i < count; i++)
        append_cluster(&clusters[i], &line);
    if (!line.is_oom)
        tell(text_cstr(&line));
    text_fini(&line);
}
