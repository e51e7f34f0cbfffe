/* The settings by which the server parses a session's texts, as far as headgate must parse the texts in the
 * same way. Sources: the handshake, the server's defaults and session tracking. */
#pragma once

#include "cluster/view.h"
#include "mysql/sesstrack.h"

#include <stdbool.h>
#include <stdint.h>

struct reading {
    bool no_backslash_escapes;
    bool ansi_quotes;
    bool oracle;
    bool is_utf8;
    bool has_unsafe_charset;   /* by session tracking: a character may end with the byte of a quote */
    bool has_unsafe_collation; /* the same by the handshake, until session tracking tells a character set */
};

/* Sets the state after a login with this collation. */
void reading_begin(struct reading *reading, const struct view *view, uint16_t collation);
/* Session tracking has told a variable. Variables that do not concern parsing change nothing. */
void reading_note(struct reading *reading, const struct sesstrack_change *change);
