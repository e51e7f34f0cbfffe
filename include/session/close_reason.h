/* The reasons for which a session ends: one row each in tbl/close_reasons.h. */
#ifndef HEADGATE_SESSION_CLOSE_REASON_H
#define HEADGATE_SESSION_CLOSE_REASON_H

#include <stdbool.h>

enum close_reason {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) CLOSE_##NAME,
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
    CLOSE_REASON_COUNT
};

struct close_reason_row {
    const char *words;
    bool is_error;    /* logged as a warning; the client may get the reason */
    bool may_hand_on; /* the session's connections to servers may go to the pool */
};

/* The row of this reason. */
const struct close_reason_row *close_reason_row(enum close_reason reason);

#endif
