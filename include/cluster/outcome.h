/* How a probe ended: has it passed, is nobody there, or does somebody answer who cannot or will not do what
 * was asked? Who answers is not dead. Pure.
 */
#ifndef HEADGATE_CLUSTER_OUTCOME_H
#define HEADGATE_CLUSTER_OUTCOME_H

enum outcome {
    OUTCOME_FAILED,
    OUTCOME_PASSED,
    OUTCOME_SILENT,     /* nothing came in time */
    OUTCOME_OVERLOADED, /* it is there, and has no room at the moment */
    OUTCOME_REFUSED     /* it is there, and does not let the monitor in, or not let it ask */
};

/* What a server's ERR packet of that code says: OVERLOADED, REFUSED, or FAILED of all others. */
enum outcome outcome_of_error(int code);

/* What a server is found to be by it, and what it is again afterwards, for people; NULL where that is a
 * matter of its state, which tells itself. */
const char *outcome_is(enum outcome outcome);
const char *outcome_was(enum outcome outcome);
/* Begins the text that says why; "" of those which need none. */
const char *outcome_prefix(enum outcome outcome);

#endif
