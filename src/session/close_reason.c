#include "session/close_reason.h"

static const struct close_reason_row rows[] = {
#define CLOSE_REASON(NAME, is_error, may_hand_on, words) [CLOSE_##NAME] = { words, is_error, may_hand_on },
#include "session/tbl/close_reasons.h"
#undef CLOSE_REASON
};

const struct close_reason_row *close_reason_row(enum close_reason reason)
{
    return &rows[reason];
}
