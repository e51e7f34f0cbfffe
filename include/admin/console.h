/* The admin socket: one command a connection, or several after `interactive`; text, or JSON after `json`. */
#ifndef HEADGATE_ADMIN_CONSOLE_H
#define HEADGATE_ADMIN_CONSOLE_H

#include "admin/admin.h"
#include "admin/admin_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/listener.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_CONNECTIONS_MAX 64
#define CONSOLE_COMMAND_MAX (1024u * 1024u)

struct console {
    struct admin *admin; /* borrows */
    struct listener listener;
    struct list connections;
};

/* The unix socket of `settings`: for its owner and its group only (0660). Whoever connects is known by what
 * the kernel says of the process (SO_PEERCRED), and told to the log with each command that changes something.
 */
bool console_open(struct console *console, struct admin *admin, const struct admin_settings *settings,
                  struct error *err);
void console_close(struct console *console);

/* How far the search for the end of a command has come; zeros at its beginning. */
struct console_scan {
    size_t seen;
    uint8_t quote; /* open there; 0: none */
};

/* Length of the first command in `bytes`, its end mark included, and *scan is ready for the next command; 0
 * when it has not ended yet: call again with the same bytes and those that came since. A command ends with a
 * newline outside quotes, or with ';'. Each byte is looked at once. */
size_t console_command_end(struct console_scan *scan, struct span bytes);

#endif
