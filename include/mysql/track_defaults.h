/* What a server reports by session tracking to a client that has not changed the session_track variables: the
 * server's global defaults. Pure. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACK_NAMES_MAX 2048 /* a longer list counts as '*' */

struct track_defaults {
    uint8_t types; /* entry types that are reported, other than variables: bits 1 << enum sesstrack_type */
    char names[TRACK_NAMES_MAX]; /* names of variables, as in @@session_track_system_variables; "*": all */
};

/* The servers' factory defaults: the schema, autocommit, time_zone and the three character sets. */
extern const struct track_defaults track_defaults_factory;

/* Fills *tracked from the values of @@global.session_track_system_variables, …_schema, …_state_change,
 * …_transaction_info and …_gtids. An empty value means off: the server does not have that variable. */
void track_defaults_read(struct track_defaults *tracked, struct span names, struct span schema,
                         struct span state, struct span transaction, struct span gtids);

/* Is the variable in a list of that form? */
bool track_defaults_lists(struct span names, struct span variable);
