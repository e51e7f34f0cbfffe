#include "state/session_track.h"

#include "mysql/sesstrack.h"
#include "state/facet_table.h"

/* After a SET STATEMENT MariaDB reports the value of the statement, when the variable has its old value again
 * (seen): such a report is ignored. */
static bool is_passing(const struct report *report, struct span name)
{
    const struct job *job = report->job;
    return job->facts.sets_for_itself && report->slots[job->place]->upstream->family == FAMILY_MARIADB &&
           vars_manner_of(name) != VARS_IGNORE;
}

void session_track_note(struct facets *facets, struct job *job, struct slot *const slots[SLOT_COUNT],
                        struct span entries, uint64_t now_us)
{
    const struct report report = { .facets = facets, .job = job, .slots = slots, .now_us = now_us };
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    sesstrack_begin(&walk, entries);
    while (sesstrack_next(&walk, &change)) {
        switch (change.type) {
        case SESSTRACK_VARIABLE:
            if (span_is(change.name, "last_gtid"))
                job->reply.gtids = change.value;
            if (is_passing(&report, change.name))
                break;
            reading_note(&facets->reading, &change);
            facet_table_told(&report, &change);
            break;
        case SESSTRACK_GTIDS:
            job->reply.gtids = change.value;
            break;
        case SESSTRACK_STATE_CHANGE:
            job->reply.has_state_change = true;
            break;
        default:
            facet_table_told(&report, &change);
            break;
        }
    }
    if (walk.is_malformed)
        report_pin(&report, PIN_TRACKED_CHANGE);
}
