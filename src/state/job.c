#include "state/job.h"

#include "state/pending_pins.h"
#include "state/pending_set.h"
#include "stats/digests.h"

struct job *job_idle(void)
{
    static const struct job idle = { .avoid = VIEW_NO_SERVER };
    const union {
        const struct job *idle;
        struct job *job;
    } as = { &idle };
    return as.job;
}

struct job *job_take(struct mem_slab *jobs)
{
    struct job *job = mem_slab_take(jobs);
    if (job == NULL)
        return NULL;
    /* Without the error's text: it is half a kilobyte, and is always written before it is read. */
    memset(job, 0, offsetof(struct job, own));
    job->own.code = job->own.told = 0;
    job->avoid = VIEW_NO_SERVER;
    return job;
}

void job_give(struct mem_slab *jobs, struct job **place)
{
    struct job *job = *place;
    if (job == job_idle())
        return;
    if (job->pending_set != NULL)
        pending_set_fini(job->pending_set);
    if (job->pending_pins != NULL)
        pending_pins_free(job->pending_pins);
    struct text *const texts[] = { &job->inner, &job->asked_schema, &job->names.text, &job->rewritten, NULL };
    for (size_t i = 0; texts[i] != NULL; i++)
        if (texts[i]->cap > 0)
            text_fini(texts[i]);
    mem_slab_give(jobs, job);
    *place = job_idle();
}

struct span job_statement(const struct job *job)
{
    if (job->digest != NULL && job->digest->cluster != NULL)
        return job->digest->text;
    if (job->command == NULL)
        return SPAN_LITERAL("login");
    bool is_statement = job->command->manner == COMMAND_STATEMENT || job->command->manner == COMMAND_PREPARED;
    return span_cstr(is_statement ? sql_kind_name(job->facts.kind) : job->command->name);
}

struct pin_origin job_origin(const struct job *job, uint64_t now_us)
{
    return (struct pin_origin){ .since_us = now_us, .statement = job_statement(job) };
}
