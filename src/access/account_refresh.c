#include "access/account_refresh.h"

#include "access/account_reader.h"
#include "base/log.h"
#include "monitor/monitor_settings.h"
#include "upstream/upstream_exchange.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define ROWS_DEADLINE_US 30000000 /* deadline for all rows; a mark has the monitor's timeout */
#define ROWS_VALUES 64000000u /* at most so many values and bytes of one answer are kept while it is read */
#define ROWS_BYTES (1u << 30)

static struct log_scope scope_of(const struct account_refresh *refresh)
{
    return (struct log_scope){ .key = "cluster", .text = refresh->cluster->settings->name };
}

static bool is_on(const struct account_refresh *refresh)
{
    return refresh->cluster->settings->users_from == USERS_FROM_SERVERS;
}

static const struct upstream_env *env_of(const struct account_refresh *refresh)
{
    return &refresh->cluster->env;
}

/* ---- ends ---- */

static void wait_for_next(struct account_refresh *refresh)
{
    uint64_t us =
        refresh->is_again ? ACCOUNT_REFRESH_PAUSE_US : refresh->cluster->settings->users_interval_us;
    loop_timer_start(&refresh->timer, env_of(refresh)->loop, us);
}

static void wipe_rows(struct account_refresh *refresh)
{
    if (refresh->rows.bytes.data != NULL)
        memset(refresh->rows.bytes.data, 0, refresh->rows.bytes.cap);
    rows_fini(&refresh->rows);
}

static void stop(struct account_refresh *refresh)
{
    loop_timer_stop(&refresh->deadline);
    upstream_close(&refresh->upstream);
    wipe_rows(refresh);
}

static void end(struct account_refresh *refresh, const char *why)
{
    char kept[sizeof refresh->error];
    struct log_scope scope = scope_of(refresh);
    (void)span_copy_cstr(span_cstr(why), kept, sizeof kept); /* `why` may be memory of the upstream */
    stop(refresh);
    if (kept[0] != '\0' && strcmp(kept, refresh->error) != 0)
        log_warning(&scope, "accounts could not be read: %s; %s", kept,
                    refresh->good_us != 0 ? "the last known ones stay in force"
                                          : "no client can log in with one");
    else if (kept[0] == '\0' && refresh->error[0] != '\0')
        log_notice(&scope, "accounts can be read again");
    memcpy(refresh->error, kept, sizeof kept);
    if (kept[0] == '\0')
        refresh->good_us = env_of(refresh)->loop->now_us;
    directory_note_read(refresh->directory, kept);
    wait_for_next(refresh);
}

static void end_with_error(struct account_refresh *refresh, const struct error *error)
{
    char why[sizeof refresh->error];
    bool is_denied = error->code == 1044 || error->code == 1142 || error->code == 1143;
    if (is_denied)
        (void)snprintf(why, sizeof why, "the monitor's account '%.40s' needs %s",
                       refresh->cluster->settings->monitor.user,
                       account_reader_needs(refresh->upstream->family));
    else
        (void)snprintf(why, sizeof why, "%d %.150s", error->code, error->text);
    end(refresh, why);
}

/* ---- questions and answers ---- */

static void ask(struct account_refresh *refresh, const char *sql, uint64_t deadline_us)
{
    loop_timer_start(&refresh->deadline, env_of(refresh)->loop, deadline_us);
    upstream_query(refresh->upstream, sql, &refresh->rows, 0);
}

static void on_ready(struct upstream *upstream)
{
    struct account_refresh *refresh = upstream->owner;
    refresh->reads_rows = false;
    ask(refresh, account_reader_mark_sql(upstream->family), ROWS_DEADLINE_US);
}

static bool number_of(const struct account_refresh *refresh, const char *column, uint64_t *number_r)
{
    struct span value;
    return rows_value(&refresh->rows, 0, rows_column(&refresh->rows, column), &value) &&
           span_to_u64(value, number_r);
}

static void take_mark(struct account_refresh *refresh)
{
    uint64_t resolves;
    if (!number_of(refresh, "count", &refresh->new_count) ||
        !number_of(refresh, "hash", &refresh->new_hash) || !number_of(refresh, "resolves", &resolves)) {
        end(refresh, "the server's answer cannot be read");
        return;
    }
    bool is_same = refresh->has_mark && refresh->new_count == refresh->count &&
                   refresh->new_hash == refresh->hash && refresh->resolves == (resolves != 0);
    if (is_same) {
        end(refresh, "");
        return;
    }
    refresh->resolves = resolves != 0;
    refresh->reads_rows = true;
    refresh->rows.values_max = ROWS_VALUES;
    refresh->rows.bytes_max = ROWS_BYTES;
    ask(refresh, account_reader_rows_sql(refresh->upstream->family), ROWS_DEADLINE_US);
}

static void tell(const struct account_refresh *refresh, const struct account_set *set, size_t unread)
{
    struct log_scope scope = scope_of(refresh);
    log_notice(&scope, "accounts read from %s: %zu%s", refresh->upstream->server->name, set->count,
               set->name_count == 0 ? "" : ", some of them for host names, which are not looked up");
    if (unread > 0)
        log_warning(&scope, "%zu accounts could not be understood, and are left out", unread);
}

static void take_rows(struct account_refresh *refresh)
{
    size_t unread;
    struct account_set *set = account_set_new(refresh->upstream->family, refresh->resolves);
    if (set == NULL || !account_reader_add(&refresh->rows, set, &unread)) {
        account_set_free(&set);
        end(refresh, "out of memory");
        return;
    }
    tell(refresh, set, unread);
    directory_publish(refresh->directory, set);
    refresh->has_mark = true;
    refresh->count = refresh->new_count;
    refresh->hash = refresh->new_hash;
    end(refresh, "");
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct account_refresh *refresh = upstream->owner;
    if (answer->is_err)
        end_with_error(refresh, &answer->error);
    else if (refresh->reads_rows)
        take_rows(refresh);
    else
        take_mark(refresh);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    end(upstream->owner, err->text);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    end(upstream->owner, "the server broke off");
}

static void on_deadline(struct loop_timer *timer)
{
    end(container_of(timer, struct account_refresh, deadline), "the server did not answer in time");
}

/* ---- when ---- */

static void begin(struct account_refresh *refresh)
{
    static const struct upstream_owner_ops ops = {
        .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
    };
    struct cluster *cluster = refresh->cluster;
    struct error err = { 0 };
    refresh->is_again = false;
    refresh->begun_us = env_of(refresh)->loop->now_us;
    const struct cluster_member *member = &cluster->members[cluster->primary];
    loop_timer_start(&refresh->deadline, env_of(refresh)->loop, ROWS_DEADLINE_US);
    refresh->upstream = monitor_open(&cluster->settings->monitor, env_of(refresh), member->server,
                                     &member->name.addr, &ops, refresh, &err);
    if (refresh->upstream == NULL)
        end(refresh, err.text);
}

static void on_timer(struct loop_timer *timer)
{
    struct account_refresh *refresh = container_of(timer, struct account_refresh, timer);
    if (refresh->upstream != NULL)
        return; /* its end starts the timer */
    if (refresh->cluster->primary != TOPOLOGY_NO_PRIMARY) {
        begin(refresh);
        return;
    }
    directory_note_read(refresh->directory, "the cluster has no primary");
    wait_for_next(refresh);
}

static void read_soon(struct account_refresh *refresh, uint64_t after_us)
{
    if (!is_on(refresh))
        return;
    refresh->is_again |= refresh->upstream != NULL;
    if (refresh->upstream == NULL)
        loop_timer_start(&refresh->timer, env_of(refresh)->loop, after_us);
}

void account_refresh_init(struct account_refresh *refresh, struct cluster *cluster,
                          struct directory *directory)
{
    *refresh = (struct account_refresh){ .cluster = cluster,
                                         .directory = directory,
                                         .primary = TOPOLOGY_NO_PRIMARY };
    loop_timer_init(&refresh->timer, on_timer);
    loop_timer_init(&refresh->deadline, on_deadline);
}

void account_refresh_fini(struct account_refresh *refresh)
{
    if (refresh->cluster == NULL)
        return;
    loop_timer_stop(&refresh->timer);
    stop(refresh);
}

void account_refresh_set(struct account_refresh *refresh)
{
    bool was_on = atomic_load(&refresh->directory->is_on);
    atomic_store(&refresh->directory->is_on, is_on(refresh));
    if (is_on(refresh)) {
        read_soon(refresh, 0);
    } else if (was_on) {
        loop_timer_stop(&refresh->timer);
        stop(refresh);
        refresh->has_mark = false;
        directory_publish(refresh->directory, NULL);
    }
}

void account_refresh_note_view(struct account_refresh *refresh)
{
    int primary = refresh->cluster->primary;
    if (primary != TOPOLOGY_NO_PRIMARY && primary != refresh->primary)
        read_soon(refresh, 0);
    refresh->primary = primary;
}

void account_refresh_note_change(struct account_refresh *refresh)
{
    read_soon(refresh, ACCOUNT_REFRESH_PAUSE_US);
}

void account_refresh_note_doubt(struct account_refresh *refresh)
{
    uint64_t now = env_of(refresh)->loop->now_us, next = refresh->begun_us + ACCOUNT_REFRESH_SELDOM_US;
    read_soon(refresh, refresh->begun_us != 0 && next > now ? next - now : 0);
}
