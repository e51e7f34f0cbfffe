/* The connection to headgate's admin socket: one command said, one answer heard, with a deadline on each
 * step.
 *
 *   link_open → link_ask → link_close                   one command
 *   link_open_lasting → link_ask … link_ask → link_close    several, each answer up to an empty line
 */
#ifndef HEADGATE_CTL_LINK_H
#define HEADGATE_CTL_LINK_H

#include "base/error.h"
#include "base/str.h"
#include "ctl/sheet.h"

#include <stdbool.h>

struct link {
    const char *path;    /* borrows */
    int fd;              /* -1: closed */
    bool is_interactive; /* each answer ends with an empty line, not with the connection */
    struct text in;      /* owns: received and not yet answered with */
};

/* False: *err, and it is closed. */
bool link_open(struct link *link, struct error *err);
bool link_open_lasting(struct link *link, struct error *err);
/* Harmless when closed. What was received and not asked for is forgotten. */
void link_close(struct link *link);

/* Says `words`, and appends the whole answer as it came, errors of headgate's included. False: *err, which
 * has the code EINVAL if nothing was said; otherwise the link is out of step and to be closed. */
bool link_ask(struct link *link, struct span words, bool is_json, struct text *answer, struct error *err);
/* The same, and reads the answer; what headgate answered with an error is false, too. `sheet_r` is the
 * caller's to free. */
bool link_ask_sheet(struct link *link, const char *words, struct sheet *sheet_r, struct error *err);

#endif
