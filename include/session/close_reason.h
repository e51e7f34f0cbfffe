/* Why a session ended: one row each in tbl/close_reasons.h. */
#ifndef HEADGATE_SESSION_CLOSE_REASON_H
#define HEADGATE_SESSION_CLOSE_REASON_H

enum close_reason {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) CLOSE_##NAME,
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
    CLOSE_REASON_COUNT
};

#endif
