#ifndef HEADGATE_SESSION_HINT_COUNTERS_H
#define HEADGATE_SESSION_HINT_COUNTERS_H

#include "base/counters.h"

/* Rows of `show stats`: written by the worker, read by any thread. */
struct hint_counters {
#define HINT_COUNTER(name, words) counter name;
#include "session/tbl/hint_counters.h"
#undef HINT_COUNTER
};

#endif
