/* Turns the command that was typed, possibly on several lines, into the one line that headgate reads. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/* The quote that is still open at the end of `text`: ' " ` or 0. Within ' and " a backslash escapes the next
 * byte. */
char line_open_quote(struct span text);

/* Appends `words` as one command, ended by a newline; newlines outside of quotes are replaced, because they
 * would end the command. `is_json`: the answer is to be in JSON. False: a quote is not closed (EINVAL), or
 * memory is out (ENOMEM). */
bool line_make(struct span words, bool is_json, struct text *command, struct error *err);
