/* How a probe ended: passed, no answer, or an answer of a server that cannot or will not do what was asked. A
 * server that answers is not down. Pure. */
#pragma once

enum outcome {
    OUTCOME_FAILED,
    OUTCOME_PASSED,
    OUTCOME_SILENT,     /* nothing came in time */
    OUTCOME_OVERLOADED, /* the server answers, and has no room at the moment */
    OUTCOME_REFUSED     /* the server answers, and refuses the monitor's login or its queries */
};

/* The outcome that an ERR packet of that code means: OVERLOADED, REFUSED, or FAILED for all other codes. */
enum outcome outcome_of_error(int code);

/* Words for people: the server while it refuses probes ("overloaded") and after its end ("has room"). NULL for
 * outcomes that are no refusals: the server's state shows them. */
const char *outcome_is(enum outcome outcome);
const char *outcome_was(enum outcome outcome);
/* How the text of the reason begins; "" for outcomes that need no prefix. */
const char *outcome_prefix(enum outcome outcome);
