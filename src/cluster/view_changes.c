#include "cluster/view_changes.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

bool view_changes_differ(const struct view_server *was, const struct view_server *is)
{
    return was->role != is->role || was->state != is->state || was->takes_reads != is->takes_reads ||
           was->fault != is->fault;
}

/* ---- servers ---- */

static void describe(const struct view_server *entry, char *text, size_t size)
{
    bool is_idle = entry->role == SERVER_REPLICA && entry->state == SERVER_UP && !entry->takes_reads;
    (void)snprintf(text, size, "%s %s%s%s", server_state_name(entry->state), server_role_name(entry->role),
                   is_idle ? ", no reads" : "", entry->fault == REPLICATION_CUT_OFF ? ", cut off" : "");
}

static void tell_server(struct events *events, const struct view *now, size_t i,
                        const struct view_server *was, uint64_t now_us)
{
    struct log_scope scope = { .key = "cluster", .text = now->cluster_name };
    const struct view_server *is = &now->servers[i];
    struct event event = { .server = (int)i,
                           .server_name = is->server->name,
                           .after_ms = (int64_t)((now_us - was->changed_us) / 1000) };
    char after[32], address[ADDR_TEXT_MAX];
    describe(was, event.was, sizeof event.was);
    describe(is, event.is, sizeof event.is);
    (void)snprintf(event.reason, sizeof event.reason, "%s%s%s", is->reason, is->detail[0] != '\0' ? ": " : "",
                   is->detail);
    events_add(events, &event);
    bool is_broken = is->fault != REPLICATION_SOUND && was->fault == REPLICATION_SOUND;
    log_write(is_broken ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, &scope,
              "server %s (%s): %s -> %s, after %s: %s", is->server->name,
              is->addr.len != 0 ? addr_format(&is->addr, address) : is->server->address, event.was, event.is,
              clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after), event.reason);
}

static void tell_servers(struct events *events, const struct view *before, const struct view *now,
                         uint64_t started_us, uint64_t now_us)
{
    static const struct view_server unknown = { .state = SERVER_STARTING, .role = SERVER_UNKNOWN_ROLE };
    for (size_t i = 0; i < now->count; i++) {
        bool is_new = before == NULL || i >= before->count;
        struct view_server was = is_new ? unknown : before->servers[i];
        if (is_new)
            was.changed_us = before == NULL ? started_us : now_us;
        if (view_changes_differ(&was, &now->servers[i]))
            tell_server(events, now, i, &was, now_us);
    }
}

/* ---- the primary ---- */

/* A server that an operator has drained or disabled does not count. */
static bool is_contender(const struct view *view, size_t i)
{
    const struct view_server *entry = &view->servers[i];
    return entry->is_contender && entry->state != SERVER_DRAINING && entry->state != SERVER_DISABLED;
}

static void name_primary(const struct view *view, char *text, size_t size)
{
    if (view == NULL || view->primary == VIEW_NO_SERVER)
        (void)snprintf(text, size, "no primary");
    else
        (void)snprintf(text, size, "primary %s", view->servers[view->primary].server->name);
}

/* Writes why the primary has changed. If there is no primary, adds the writable servers, and why each of them
 * is not the primary. */
static void explain_primary(const struct view *now, int was, char *text, size_t size)
{
    int teller = now->primary != VIEW_NO_SERVER ? now->primary
                                                : was; /* the reason of this server explains the change */
    size_t at = (size_t)snprintf(text, size, "%.40s: %.80s", now->servers[teller].server->name,
                                 now->servers[teller].reason);
    for (size_t i = 0; now->primary == VIEW_NO_SERVER && i < now->count && at < size; i++)
        if (is_contender(now, i) && (int)i != was)
            at += (size_t)snprintf(text + at, size - at, "; %.40s is %s", now->servers[i].server->name,
                                   now->servers[i].reason);
}

static void tell_primary(struct events *events, const struct view *before, const struct view *now,
                         uint64_t started_us, uint64_t now_us)
{
    struct log_scope scope = { .key = "cluster", .text = now->cluster_name };
    int was = before != NULL ? before->primary : VIEW_NO_SERVER;
    uint64_t since_us = before != NULL ? before->primary_since_us : started_us;
    struct event event = { .server = EVENT_CLUSTER, .after_ms = (int64_t)((now_us - since_us) / 1000) };
    char after[32];
    if (was == now->primary)
        return;
    name_primary(before, event.was, sizeof event.was);
    name_primary(now, event.is, sizeof event.is);
    explain_primary(now, was, event.reason, sizeof event.reason);
    events_add(events, &event);
    (void)clock_format_duration((uint64_t)event.after_ms * 1000, after, sizeof after);
    if (now->primary == VIEW_NO_SERVER)
        log_warning(&scope, "%s -> no primary, after %s: %s; statements that need one wait", event.was, after,
                    event.reason);
    else
        log_notice(&scope, "%s -> %s, after %s: %s", event.was, event.is, after, event.reason);
}

/* ---- servers that are writable and not the primary ---- */

static bool list_contenders(const struct view *view, struct text *names)
{
    for (size_t i = 0; view != NULL && i < view->count; i++) {
        if (!is_contender(view, i))
            continue;
        (void)text_append_cstr(names, names->len > 0 ? ", " : "");
        (void)text_append_cstr(names, view->servers[i].server->name);
    }
    return names->len > 0;
}

static bool are_same_contenders(const struct view *before, const struct view *now)
{
    bool had_primary = before != NULL && before->primary != VIEW_NO_SERVER;
    for (size_t i = 0; i < now->count; i++)
        if (is_contender(now, i) != (before != NULL && i < before->count && is_contender(before, i)))
            return false;
    return had_primary == (now->primary != VIEW_NO_SERVER);
}

/* There is no primary: logs the writable servers, and why each of them is not the primary. */
static void tell_undecided(const struct log_scope *scope, const struct view *now)
{
    struct text all = { 0 };
    for (size_t i = 0; i < now->count; i++) {
        if (!is_contender(now, i))
            continue;
        (void)text_append_cstr(&all, all.len > 0 ? "; " : "");
        (void)text_append_cstr(&all, now->servers[i].server->name);
        (void)text_append_cstr(&all, " is ");
        (void)text_append_cstr(&all, now->servers[i].reason);
    }
    log_warning(
        scope,
        "there is no primary: %s; nothing is written until replicas are pointed to one of the writable "
        "servers, or an operator says `enable` to it; set read_only on all others",
        text_cstr(&all));
    text_fini(&all);
}

/* Warns of servers that are writable beside the primary: their data may diverge, and only an operator can
 * decide which server is right. */
static void tell_contenders(const struct view *before, const struct view *now)
{
    struct log_scope scope = { .key = "cluster", .text = now->cluster_name };
    struct text names = { 0 }, former = { 0 };
    bool had_any = list_contenders(before, &former), has_any = list_contenders(now, &names);
    const char *primary = now->primary != VIEW_NO_SERVER ? now->servers[now->primary].server->name : "none";
    bool is_old = are_same_contenders(before, now) || (!had_any && !has_any);
    if (!is_old && !has_any)
        log_warning(&scope, "no server is writable beside the primary any more (%s was); the primary is %s",
                    text_cstr(&former), primary);
    else if (!is_old && now->primary == VIEW_NO_SERVER)
        tell_undecided(&scope, now);
    else if (!is_old)
        log_warning(
            &scope,
            "writable beside the primary %s: %s; nothing goes there while anybody follows the primary, "
            "or until a replica is pointed to the other; set read_only there",
            primary, text_cstr(&names));
    text_fini(&names);
    text_fini(&former);
}

void view_changes_report(struct events *events, const struct view *before, const struct view *now,
                         uint64_t started_us, uint64_t now_us)
{
    tell_servers(events, before, now, started_us, now_us);
    tell_primary(events, before, now, started_us, now_us);
    tell_contenders(before, now);
}
