/* The admin socket: one command per connection, or several after `interactive`; answers in text, or in JSON
 * after `json`. */
#pragma once

#include "admin/admin.h"
#include "console/admin_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/acceptor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_CONNECTIONS_MAX 64
#define CONSOLE_COMMAND_MAX (1024u * 1024u)

struct console {
    struct admin *admin; /* borrows */
    struct acceptor acceptor;
    struct list connections;
};

/* Opens the unix socket of `settings`, with mode 0660 for its owner and group. A client is identified by the
 * kernel's data on its process (SO_PEERCRED); the log names the client with each command that changes
 * something. False: *err. */
bool console_open(struct console *console, struct admin *admin, const struct admin_settings *settings,
                  struct error *err);
void console_close(struct console *console);

/* State of the search for the end of a command; zeroed at the start. */
struct console_scan {
    size_t seen;
    uint8_t quote; /* the quote that is open at `seen`; 0: none */
};

/* Length of the first command in `bytes`, with its end mark; then *scan is ready for the next command. 0: the
 * command is not complete; call again with the same bytes and those that have arrived since. A command ends
 * with a newline or ';' outside quotes. Each byte is read once. */
size_t console_command_end(struct console_scan *scan, struct span bytes);
