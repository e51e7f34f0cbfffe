/* What a server tells by session tracking to a client that has asked for nothing: its global defaults. Pure.
 */
#ifndef HEADGATE_MYSQL_TRACKED_H
#define HEADGATE_MYSQL_TRACKED_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define TRACKED_NAMES_MAX 2048 /* a longer list counts as '*' */

struct tracked {
    uint8_t types; /* of entries, but for variables: 1 << enum sesstrack_type */
    char
        names[TRACKED_NAMES_MAX]; /* of variables, as @@session_track_system_variables lists them; "*": all */
};

/* What servers are delivered with: the schema, autocommit, time_zone and the three character sets. */
extern const struct tracked tracked_usual;

/* From the values of @@global.session_track_system_variables, …_schema, …_state_change, …_transaction_info
 * and …_gtids; one that is empty, as the server does not have it, is off. */
void tracked_read(struct tracked *tracked, struct span names, struct span schema, struct span state,
                  struct span transaction, struct span gtids);

/* Is the variable in such a list? */
bool tracked_lists(struct span names, struct span variable);

#endif
