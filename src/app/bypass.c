#include "app/bypass.h"

#include "base/log.h"

#include <stddef.h>

static void note(const struct bypass *bypass)
{
    struct user *user = bypass->user;
    enum user_read_only before = (enum user_read_only)atomic_load(&user->read_only);
    atomic_store(&user->read_only, bypass->found);
    if (user->is_told && before == bypass->found)
        return;
    user->is_told = true;
    if (bypass->found == USER_BYPASSES)
        log_warning(NULL,
                    "account '%s' has %s: read_only does not hold it, a write that reaches a replica happens "
                    "there and breaks replication. headgate sends it no statement to a replica that may "
                    "write; while it is not known which names are views, none that reads tables",
                    user->name, bypass->privilege);
    else if (bypass->found == USER_NOT_KNOWN)
        log_notice(NULL, "account '%s': whether read_only holds it is not known: %s", user->name,
                   user->secret.has_password ? bypass->visit.error : "only a hash of its password is known");
}

/* Adds one cluster's answer: the worst answer of all clusters counts. */
static void take_answer(struct bypass *bypass)
{
    const struct checkup_answer *grants = &bypass->visit.answers[CHECKUP_GRANTS];
    if (!grants->is_there || grants->code != 0) {
        if (bypass->found == USER_HELD)
            bypass->found = USER_NOT_KNOWN;
        return;
    }
    const char *privilege = checkup_read_only_bypass(&bypass->visit);
    if (privilege != NULL) {
        bypass->found = USER_BYPASSES;
        bypass->privilege = privilege;
    }
}

/* The visit is over. The next step waits for the timer, because the checkup is still on the call stack. */
static void on_visit(struct checkup *visit)
{
    struct bypass *bypass = visit->owner;
    take_answer(bypass);
    loop_timer_start(&bypass->timer, bypass->loop, 0);
}

/* Visits the next cluster that has a primary with the present account. False: no such cluster is left. */
static bool ask_next(struct bypass *bypass)
{
    for (; bypass->cluster < bypass->cluster_count; bypass->cluster++) {
        struct cluster *cluster = &bypass->clusters[bypass->cluster];
        bool has_primary = cluster->primary != TOPOLOGY_NO_PRIMARY;
        bypass->has_gap |= !has_primary;
        if (!has_primary)
            continue;
        const struct cluster_member *member = &cluster->members[cluster->primary];
        bypass->cluster++;
        loop_timer_start(&bypass->timer, bypass->loop, BYPASS_LONGEST_US);
        checkup_begin(&bypass->visit, &cluster->env, member->server, &member->name.addr, bypass->user->name,
                      &bypass->user->secret, CHECKUP_ASK(CHECKUP_GRANTS), on_visit, bypass);
        return true;
    }
    return false;
}

static void begin_user(struct bypass *bypass, struct user *user)
{
    bypass->user = user;
    bypass->cluster = user != NULL && !user->secret.has_password ? bypass->cluster_count : 0;
    bypass->found = user != NULL && !user->secret.has_password ? USER_NOT_KNOWN : USER_HELD;
}

static void go_on(struct bypass *bypass)
{
    checkup_fini(&bypass->visit);
    while (bypass->user != NULL) {
        if (ask_next(bypass))
            return;
        if (!bypass->has_gap || bypass->found != USER_HELD)
            note(bypass);
        begin_user(bypass, bypass->user->hh.next);
    }
    loop_timer_start(&bypass->timer, bypass->loop, BYPASS_INTERVAL_US);
}

static void on_timer(struct loop_timer *timer)
{
    struct bypass *bypass = container_of(timer, struct bypass, timer);
    if (bypass->visit.is_running) {
        checkup_break_off(&bypass->visit, "no answer within 5 s"); /* on_visit follows */
        return;
    }
    if (bypass->user == NULL) {
        bypass->has_gap = false;
        begin_user(bypass, bypass->users->by_name);
    }
    go_on(bypass);
}

void bypass_init(struct bypass *bypass, struct loop *loop, struct cluster *clusters, size_t cluster_count)
{
    *bypass = (struct bypass){
        .loop = loop, .clusters = clusters, .cluster_count = cluster_count, .has_gap = true
    };
    loop_timer_init(&bypass->timer, on_timer);
}

void bypass_stop(struct bypass *bypass)
{
    if (bypass->loop == NULL)
        return; /* headgate ends before bypass_init */
    loop_timer_stop(&bypass->timer);
    checkup_fini(&bypass->visit);
    bypass->user = NULL;
    bypass->users = NULL;
}

void bypass_begin(struct bypass *bypass, struct users *users)
{
    bypass_stop(bypass);
    bypass->users = users;
    bypass->has_gap = true;
    loop_timer_start(&bypass->timer, bypass->loop, 0);
}

void bypass_wake(struct bypass *bypass)
{
    if (bypass->users != NULL && bypass->user == NULL && bypass->has_gap)
        loop_timer_start(&bypass->timer, bypass->loop, 0);
}
