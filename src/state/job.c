#include "state/job.h"

#include "stats/digests.h"

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
