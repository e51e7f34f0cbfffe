/* The connection to headgate's admin socket: sends one command, receives one answer. Each wait for the socket
 * has a timeout.
 *
 *   link_open         → link_ask            → link_close    one command; the answer ends with the connection
 *   link_open_lasting → link_ask, link_ask… → link_close    many commands; an empty line ends each answer */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "ctl/json_table.h"

#include <stdbool.h>

struct link {
    const char *path;    /* borrows: the path of the admin socket */
    int fd;              /* -1: closed */
    bool is_interactive; /* each answer ends with an empty line, not with the connection */
    struct text in;      /* owns: bytes received that were not yet returned as an answer */
};

/* Opens the connection for one command. False: *err says why, and the link is closed. */
bool link_open(struct link *link, struct error *err);
/* Opens the connection for any number of commands. False: *err says why, and the link is closed. */
bool link_open_lasting(struct link *link, struct error *err);
/* Closes the connection and drops bytes that were received. Does nothing to a closed link. */
void link_close(struct link *link);

/* Sends the command `words`, and appends the whole answer as received, also if the answer is an error. False:
 * *err says why. Code EINVAL: nothing was sent, and the link can be used again. Any other code: the link must
 * be closed. */
bool link_ask(struct link *link, struct span words, bool is_json, struct text *answer, struct error *err);
/* Sends the command `words` and parses its answer. False also if headgate answers with an error. The caller
 * frees *table_r. */
bool link_ask_table(struct link *link, const char *words, struct json_table *table_r, struct error *err);
