/* The state of a server, from four sources: probes (rise and fall), failures of sessions (ejection), lag, and
 * operators. Pure: (state, rules, event, now) → state.
 *
 *      disabled > draining > down > ejected > lagging > up        the strongest that holds is the state
 *
 * Weaker states continue underneath: a server that is drained while it is down is draining, and down once
 * enabled. */
#pragma once

#include "upstream/server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct health_rules {
    int64_t rise, fall;        /* probes in a row, at least 1 */
    uint64_t interval_us;      /* between two probes */
    int64_t ejection_failures; /* of sessions, in a row; 0: never */
    uint64_t ejection_base_us; /* length of the first ejection; each one soon after lasts twice as long */
    uint64_t ejection_max_us;  /* longest ejection; after so long in service the doubling is forgotten */
    uint64_t max_lag_us;       /* 0: any */
};

enum health_order { HEALTH_ENABLED, HEALTH_DRAINED, HEALTH_DISABLED };

enum health_event_kind {
    HEALTH_PASSED,   /* a probe; lag_ms */
    HEALTH_FAILED,   /* a probe */
    HEALTH_ANSWERED, /* a probe, by a refusal: the server is alive; counts only while nothing is known yet */
    HEALTH_TRAFFIC,  /* successes and failures of sessions since the last such event */
    HEALTH_TICK,     /* time has passed */
    HEALTH_REPLACED, /* the server is another machine now, of which nothing is known */
    HEALTH_PARDONED, /* the server has become the primary: an ejection would help no session */
    HEALTH_ORDERED   /* order */
};

struct health_event {
    enum health_event_kind kind;
    int64_t lag_ms;               /* -1: unknown, and the last known state stays; 0 where there is no link */
    uint64_t successes, failures; /* TRAFFIC: any success ends the row of failures */
    bool may_eject;               /* TRAFFIC: the cluster can spare the server: see health_may_eject */
    uint32_t random;              /* TRAFFIC: for the length of an ejection, a fifth more or less */
    enum health_order order;      /* ORDERED */
};

struct health {
    enum server_state state;  /* of all below, the strongest */
    uint64_t since_us;        /* monotonic; of the state */
    enum server_state probed; /* STARTING, UP or DOWN */
    int64_t in_a_row;         /* probes in a row that contradict `probed` */
    bool has_answered;        /* a probe has passed, ever */
    bool is_lagging;
    bool is_ejected;
    bool has_passed_since; /* a probe has passed during the present ejection */
    uint64_t ejected_until_us;
    unsigned ejections; /* in short succession: how often the length was doubled, plus one */
    uint64_t failures;  /* of sessions, in a row */
    uint64_t back_us;   /* monotonic; when the server last came back from down or ejected; 0: never */
    enum health_order order;
};

void health_begin(struct health *health, uint64_t now_us);

/* Applies an event. The first probe's outcome is believed at once; later changes need `rise` or `fall` probes
 * in a row. True when the state changed. */
bool health_note(struct health *health, const struct health_rules *rules, const struct health_event *event,
                 uint64_t now_us);

/* The reason of the state, for people; static. Only for other states than up. */
const char *health_reason(const struct health *health);

/* Time until the next probe, counted from the end of the last one: a quarter of the interval while a failure
 * is not yet believed, and not beyond the end of an ejection. */
uint64_t health_probe_after(const struct health *health, const struct health_rules *rules, uint64_t now_us);

/* May one more of these servers be ejected? `ejected` are out already; max_share in percent. Of two replicas
 * one may be ejected, unless max_share is 0. */
bool health_may_eject(size_t servers, size_t replicas, size_t ejected, int64_t max_share);
