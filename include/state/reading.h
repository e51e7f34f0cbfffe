/* How the server reads a session's texts, as far as headgate must read them in the same way: what the
 * handshake, the server's defaults and session tracking tell.
 */
#ifndef HEADGATE_STATE_READING_H
#define HEADGATE_STATE_READING_H

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
    bool has_unsafe_collation; /* the same by the handshake, until tracking tells a character set */
};

/* As after a login with this collation. */
void reading_begin(struct reading *reading, const struct view *view, uint16_t collation);
/* Session tracking tells a variable. One that concerns no reading changes nothing. */
void reading_note(struct reading *reading, const struct sesstrack_change *change);

#endif
