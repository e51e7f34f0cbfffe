#include "upstream/quota.h"

#include "base/mem.h"
#include "mysql/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON_US                                                                                              \
    500000 /* until one more login is tried, if the limit is unknown or other clients may use the account */
#define SELDOM_US                                                                                            \
    60000000 /* until one more login is tried, if headgate has all connections that the error allows */
#define LOG_US 60000000

/* ---- the server's error ---- */

/* The name in quotes occurs in every language of the server's messages. */
static const char *find_name(const struct error *err)
{
    return strstr(err->text, "'max_user_connections'");
}

bool quota_is_limit(const struct error *err)
{
    return err->code == ERR_TOO_MANY_USER_CONNECTIONS ||
           (err->code == ERR_USER_LIMIT_REACHED && find_name(err) != NULL);
}

/* The limit in the error's text, which ends "the 'max_user_connections' resource (current value: 5)"; 0:
 * none. Error 1203 has no number. */
static uint32_t told_by(const struct error *err)
{
    const char *text = err->code == ERR_USER_LIMIT_REACHED ? find_name(err) : NULL;
    if (text == NULL)
        return 0;
    text += strcspn(text, "0123456789");
    unsigned long told = strtoul(text, NULL, 10);
    return told < UINT32_MAX ? (uint32_t)told : 0;
}

/* ---- the list of a server ---- */

struct quota *quota_find(struct server *server, uint64_t account)
{
    struct quota *quota = atomic_load_explicit(&server->quotas, memory_order_acquire);
    while (quota != NULL && quota->account != account)
        quota = quota->next;
    return quota;
}

static void quota_free(struct quota *quota)
{
    permits_fini(&quota->permits);
    mem_free(quota);
}

static struct quota *make(struct server *server, uint64_t account, const char *user)
{
    struct quota *quota = mem_zalloc(sizeof *quota);
    if (quota == NULL)
        return NULL;
    if (!permits_init(&quota->permits, server->permits.worker_count)) {
        quota_free(quota);
        return NULL;
    }
    quota->permits.quota = quota;
    quota->server = server;
    quota->account = account;
    (void)snprintf(quota->user, sizeof quota->user, "%s", user);
    return quota;
}

/* Two workers may add the quota at the same time: the first one wins. */
struct quota *quota_learn(struct server *server, uint64_t account, const char *user, bool *is_new_r)
{
    *is_new_r = false;
    struct quota *known = account != 0 ? quota_find(server, account) : NULL;
    if (account == 0 || known != NULL)
        return known;
    struct quota *quota = make(server, account, user);
    if (quota == NULL)
        return NULL;
    quota->next = atomic_load_explicit(&server->quotas, memory_order_acquire);
    while (!atomic_compare_exchange_weak_explicit(&server->quotas, &quota->next, quota, memory_order_acq_rel,
                                                  memory_order_acquire)) {
        known = quota_find(server, account);
        if (known != NULL) {
            quota_free(quota);
            return known;
        }
    }
    *is_new_r = true;
    return quota;
}

void quota_free_all(struct server *server)
{
    struct quota *quota = atomic_load_explicit(&server->quotas, memory_order_relaxed);
    while (quota != NULL) {
        struct quota *next = quota->next;
        quota_free(quota);
        quota = next;
    }
    atomic_store_explicit(&server->quotas, NULL, memory_order_relaxed);
}

void quota_forget_all(struct server *server)
{
    struct quota *quota = atomic_load_explicit(&server->quotas, memory_order_acquire);
    for (; quota != NULL; quota = quota->next) {
        atomic_store_explicit(&quota->told, 0, memory_order_relaxed);
        atomic_store_explicit(&quota->refused, 0, memory_order_relaxed);
        permits_set_max(&quota->permits, QUOTA_UNKNOWN);
    }
}

/* ---- the number of permits ---- */

static uint32_t most(const struct quota *quota)
{
    uint32_t told = atomic_load_explicit(&quota->told, memory_order_relaxed);
    return told > 0 ? told : QUOTA_UNKNOWN;
}

static bool has_all_told(const struct quota *quota)
{
    return permits_max(&quota->permits) >= most(quota);
}

bool quota_refused(struct quota *quota, const struct error *err, uint64_t now_us)
{
    uint64_t logged_us = atomic_load_explicit(&quota->logged_us, memory_order_relaxed);
    atomic_store_explicit(&quota->told, told_by(err), memory_order_relaxed);
    permits_shrink(&quota->permits, most(quota));
    atomic_store_explicit(&quota->proven, permits_max(&quota->permits), memory_order_relaxed);
    atomic_store_explicit(&quota->grow_us, now_us + (has_all_told(quota) ? SELDOM_US : SOON_US),
                          memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&quota->refused, 1, memory_order_relaxed); /* several threads */
    return (logged_us == 0 || now_us >= logged_us + LOG_US) &&
           atomic_compare_exchange_strong(&quota->logged_us, &logged_us, now_us);
}

/* Only a login beyond the proven number shows that the server may accept another one. */
void quota_note_login(struct quota *quota)
{
    uint64_t used = permits_used(&quota->permits);
    if (used <= atomic_load_explicit(&quota->proven, memory_order_relaxed))
        return;
    atomic_store_explicit(&quota->proven, used, memory_order_relaxed);
    if (used > most(quota)) /* the limit was raised */
        atomic_store_explicit(&quota->told, 0, memory_order_relaxed);
    if (permits_is_wanted(&quota->permits) && used >= permits_max(&quota->permits) && !has_all_told(quota))
        permits_grow(&quota->permits);
}

void quota_try_more(struct quota *quota, uint64_t now_us)
{
    uint64_t grow_us = atomic_load_explicit(&quota->grow_us, memory_order_relaxed);
    if (now_us < grow_us || !permits_is_wanted(&quota->permits) ||
        permits_used(&quota->permits) < permits_max(&quota->permits))
        return;
    if (!atomic_compare_exchange_strong(&quota->grow_us, &grow_us, now_us + SOON_US))
        return; /* another worker tries at the same moment */
    permits_grow(&quota->permits);
}

/* ---- connections that hold permits ---- */

void quota_hold(struct quota *quota, struct upstream *upstream)
{
    permits_hold(&quota->permits, upstream->env->worker, upstream->env->loop->now_us, &upstream->quota);
}

void quota_enlist(struct quota *quota, struct upstream *upstream)
{
    permits_enlist(&quota->permits, upstream->has_been_ready, most(quota));
    quota_hold(quota, upstream);
}

void quota_enlist_late(struct upstream *upstream)
{
    struct quota *quota =
        upstream->quota.permits == NULL ? quota_find(upstream->server, upstream->key.account) : NULL;
    if (quota != NULL)
        quota_enlist(quota, upstream);
}

void quota_enlist_all(struct server *server, unsigned worker)
{
    struct list *list = &server->permits.holders[worker].list;
    for (struct list_node *node = list_first(list); node != NULL; node = list_after(list, node))
        quota_enlist_late(upstream_of_permit(&server->permits, node));
}
