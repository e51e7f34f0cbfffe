/* A facet of a session's state as a row: what headgate does with it. The file of each facet has its row; the
 * table of all rows and the walks over it are in state/facet_table. NULL: there is nothing to do.
 */
#pragma once

#include "mysql/rows.h"
#include "mysql/sesstrack.h"
#include "mysql/tracker.h"
#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* The connection in `slot`, at the job's place, is to be made equal to the session. */
struct replay {
    struct facets *facets;
    const struct job *job;
    struct slot *slot;
    struct span sql;     /* borrows: the text that the job runs; empty: none */
    enum sync_task task; /* that say() and note() are called for */
    uint64_t now_us;     /* for the session's pins */
};

/* A reply with session tracking, from the session's home (facets_home). */
struct report {
    struct facets *facets;
    struct job *job;
    struct slot *const *slots;
    uint64_t now_us;
};

static inline void report_pin(const struct report *report, enum pin_cause cause)
{
    const struct pin_origin origin = job_origin(report->job, report->now_us);
    facets_pin(report->facets, cause, &origin);
}

/* A command of headgate. Zeroed: none. */
struct replay_command {
    enum reply_shape shape;
    uint8_t byte;
    struct text argument; /* owns */
};

/* What becomes of a connection that the session gives up. */
enum facet_left {
    LEFT_KNOWN,    /* what it holds is known: another session can have it without a reset */
    LEFT_TO_RESET, /* a reset undoes what it holds */
    LEFT_LASTING   /* no reset undoes it: the connection is closed */
};

/* The answer to a question (facet.ask). */
struct facet_answer {
    const struct upstream_answer *told; /* borrows */
    const struct rows *rows;            /* borrows; not valid after an ERR */
    uint64_t version;                   /* facets.user_vars.version when it was asked */
};

/* A statement that was not sent, for `explain`. */
struct foreseen {
    const struct sql_facts *facts;     /* borrows */
    const struct pending_set *changes; /* borrows; NULL: it is not one SET */
};

struct facet {
    /* ---- apply: tbl/facets.h has the words for it ---- */
    uint32_t tasks; /* 1 << enum sync_task: the commands by which a connection gets the facet */
    /* The next of these tasks that the connection needs before the job; SYNC_NOTHING: none. */
    enum sync_task (*lacks)(const struct replay *replay);
    /* Makes the command of replay.task; the parts of SYNC_VARS are one SET. */
    void (*say)(const struct replay *replay, struct replay_command *command);
    /* The server has agreed to replay.task: notes what the connection has now. It may make slot.answer an error:
     * the task has failed all the same. */
    void (*note)(const struct replay *replay);

    /* ---- what tells of a change ---- */
    uint32_t told_by; /* 1 << enum sesstrack_type */
    void (*told)(const struct report *report, const struct sesstrack_change *change);
    /* The server has agreed to the SET of the job (job.pending_set): notes what the session has now. False: the
     * session must be pinned. */
    bool (*commit)(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us);

    /* ---- the connection and its end ---- */
    /* The causes (pin_bit) for which the facet keeps the connection at `place`. */
    uint32_t (*keeps)(const struct facets *facets, enum route_place place);
    /* Only the connection at `place` knows the facet, and a question may bring it. */
    bool (*is_asked)(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place);
    uint32_t may_end; /* causes (pin_bit) that the answer may end */
    /* Appends the query. True: it reads a table. */
    bool (*ask)(const struct facets *facets, struct slot *slot, struct text *sql);
    /* Notes the answer. False: it does not tell what was asked. */
    bool (*learn)(struct facets *facets, struct slot *slot, const struct facet_answer *answer);
    /* Instead of the last two: one query asks for the numbers of all facets, such as FOUND_ROWS(). */
    const char *number;
    void (*learn_number)(struct facets *facets, struct slot *slot, uint64_t number);
    /* What becomes of the connection, because of this facet. */
    enum facet_left (*left)(const struct facets *facets, const struct slot *slot);
    /* COM_RESET_CONNECTION or COM_CHANGE_USER. */
    void (*reset)(struct facets *facets);
    /* At `reset` the facet stays, or its version goes on: connections may have another version. Its bit in
     * facets.set stays. */
    bool keeps_bit;
    /* The end of the session: frees what the facet owns. */
    void (*fini)(struct facets *facets);

    /* ---- explain ---- */
    /* The statement would set the facet so that later reads stay on the primary. */
    bool (*keeps_reads)(const struct foreseen *foreseen);
};

#define FACET(NAME, name, told, lacked, said, pins, asked) extern const struct facet facet_##name;
#include "state/tbl/facets.h"
#undef FACET

/* Begins a part of the SET of SYNC_VARS. */
static inline const char *replay_glue(const struct text *sql)
{
    return sql->len > 0 ? "," : "SET ";
}
