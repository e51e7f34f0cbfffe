#include "monitor/galera_writer.h"

#include "base/log.h"
#include "upstream/upstream_exchange.h"
#include "monitor/wsrep.h"

#include <stddef.h>

#define RETRY_US 200000u /* pause after an error or a timeout */

static void hang_up(struct galera_writer *writer)
{
    loop_timer_stop(&writer->timer);
    upstream_close(&writer->upstream);
    rows_fini(&writer->rows);
}

static void retry(struct galera_writer *writer, const char *why)
{
    struct log_scope scope = { .key = "cluster", .text = writer->cluster_name };
    log_limited(LOG_LEVEL_NOTICE, &scope, "%s is to be the writer, and is waited for: %s",
                writer->choice.server->name, why);
    hang_up(writer);
    loop_timer_start(&writer->timer, writer->env->loop, RETRY_US);
}

static void on_ready(struct upstream *upstream)
{
    struct galera_writer *writer = upstream->owner;
    upstream_query(upstream, WSREP_WAIT_SQL, &writer->rows, 0);
}

static void on_answer(struct upstream *upstream, const struct upstream_answer *answer)
{
    struct galera_writer *writer = upstream->owner;
    if (answer->is_err) {
        retry(writer, answer->error.text);
        return;
    }
    hang_up(writer);
    writer->has_caught_up = true;
    writer->on_caught_up(writer->owner);
}

static void on_failed(struct upstream *upstream, const struct error *err)
{
    struct error copy = *err; /* the upstream owns *err, and is closed */
    retry(upstream->owner, copy.text);
}

static void on_io(struct upstream *upstream, int events)
{
    (void)events;
    retry(upstream->owner, "the server broke off");
}

static const struct upstream_owner_ops owner_ops = {
    .on_ready = on_ready, .on_answer = on_answer, .on_failed = on_failed, .on_io = on_io
};

static void on_timer(struct loop_timer *timer)
{
    struct galera_writer *writer = container_of(timer, struct galera_writer, timer);
    if (writer->upstream == NULL) {
        struct error err = { 0 };
        loop_timer_start(&writer->timer, writer->env->loop, writer->settings->timeout_us);
        writer->upstream = monitor_open(writer->settings, writer->env, writer->choice.server,
                                        writer->choice.addr, &owner_ops, writer, &err);
        if (writer->upstream == NULL)
            retry(writer, err.text);
    } else {
        retry(writer, "it has not applied all that the cluster has within the monitor's timeout");
    }
}

void galera_writer_init(struct galera_writer *writer, const char *cluster_name,
                        const struct monitor_settings *settings, const struct upstream_env *env,
                        void (*on_caught_up)(void *owner), void *owner)
{
    *writer = (struct galera_writer){ .cluster_name = cluster_name,
                                      .settings = settings,
                                      .env = env,
                                      .on_caught_up = on_caught_up,
                                      .owner = owner };
    loop_timer_init(&writer->timer, on_timer);
}

void galera_writer_stop(struct galera_writer *writer)
{
    hang_up(writer);
    writer->choice = (struct galera_writer_choice){ 0 };
    writer->has_caught_up = false;
}

static bool is_choice(const struct galera_writer *writer, const struct server *server, uint64_t moves)
{
    return server != NULL && writer->choice.server == server && writer->choice.moves == moves;
}

bool galera_writer_has_caught_up(const struct galera_writer *writer, const struct server *server,
                                 uint64_t moves)
{
    return writer->has_caught_up && is_choice(writer, server, moves);
}

void galera_writer_follow(struct galera_writer *writer, const struct galera_writer_choice *choice)
{
    if (is_choice(writer, choice->server, choice->moves))
        return; /* the server is being asked, or will be soon, or has caught up */
    galera_writer_stop(writer);
    writer->choice = *choice;
    if (choice->server != NULL)
        loop_timer_start(&writer->timer, writer->env->loop, 0);
}
