/* Session tracking: the changes of a session's state that a server reports in an OK packet. Source:
 * protocol.md §4.4, §5. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum sesstrack_type {
    SESSTRACK_VARIABLE = 0,        /* name, value */
    SESSTRACK_SCHEMA = 1,          /* value = the schema, may be empty */
    SESSTRACK_STATE_CHANGE = 2,    /* value = "1" or "0" */
    SESSTRACK_GTIDS = 3,           /* value = the GTID set (MySQL) */
    SESSTRACK_CHARACTERISTICS = 4, /* value = SQL that would start the same transaction; empty: none */
    SESSTRACK_TRANSACTION = 5      /* value = 8 state characters */
};

struct sesstrack_change {
    uint8_t type;     /* enum sesstrack_type, or a type that headgate does not know */
    struct span name; /* SESSTRACK_VARIABLE only */
    struct span value;
    struct span entry; /* the whole entry with type and length: to copy the entries without some of them */
};

/* Walks the entries of reply_ok.session. One entry of type 0 may hold several variables: each is reported in
 * turn. */
struct sesstrack_walk {
    struct span rest;      /* entries not yet read */
    struct span variables; /* unread variables of the current type 0 entry */
    struct span entry;     /* the current entry */
    bool is_malformed;
};

void sesstrack_begin(struct sesstrack_walk *walk, struct span session);
/* The next change. False at the end, and when malformed (then is_malformed is set). */
bool sesstrack_next(struct sesstrack_walk *walk, struct sesstrack_change *change_r);
