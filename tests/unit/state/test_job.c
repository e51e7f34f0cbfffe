/* The words for the present command in logs and in the origins of pins. */
#include "../base/unit.h"

#include "state/job.h"
#include "stats/digests.h"

TEST(command_is_named_by_its_digest_or_its_kind)
{
    static const struct command query = { .byte = COM_QUERY,
                                          .name = "COM_QUERY",
                                          .manner = COMMAND_STATEMENT };
    static const struct command execute = { .name = "COM_STMT_EXECUTE", .manner = COMMAND_PREPARED };
    static const struct command ping = { .name = "COM_PING", .manner = COMMAND_LOCAL };
    struct digest_row known = { .cluster = (char[]){ "c" }, .text = SPAN_LITERAL("SELECT ?") };
    struct digest_row others = { .cluster = NULL };
    const struct {
        const struct command *command;
        struct digest_row *digest;
        const char *words;
    } rows[] = { { NULL, NULL, "login" },       { &query, NULL, "select" },     { &execute, NULL, "select" },
                 { &ping, NULL, "COM_PING" },   { &query, &known, "SELECT ?" }, { &query, &others, "select" },
                 { &ping, &others, "COM_PING" } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct job job = { .command = rows[i].command, .digest = rows[i].digest, .facts.kind = SQL_SELECT };
        struct pin_origin origin = job_origin(&job, 7);
        assert_span(job_statement(&job), rows[i].words);
        assert_span(origin.statement, rows[i].words);
        assert_int_equal(origin.since_us, 7);
    }
}

/* But for the text of its error. */
TEST(job_is_taken_as_new)
{
    static struct job used;
    struct mem_slab jobs;
    mem_slab_init(&jobs, sizeof used, 1);
    void *block = mem_slab_take(&jobs);
    memset(block, 0xDD, sizeof used);
    mem_slab_give(&jobs, block);
    struct job *job = job_take(&jobs);
    assert_true(job->own.code == 0 && job->own.told == 0 && job->avoid == VIEW_NO_SERVER);
    job->avoid = 0;
    assert_memory_equal(job, &used, offsetof(struct job, own));
    (void)text_append_cstr(&job->rewritten, "x");
    job_give(&jobs, &job);
    assert_ptr_equal(job, job_idle());
    job_give(&jobs, &job); /* there is none: nothing happens */
    assert_int_equal(jobs.lent, 0);
    mem_slab_fini(&jobs);
}

RUN_TESTS(NULL, NULL)
