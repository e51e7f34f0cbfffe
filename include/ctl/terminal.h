/* The terminal while `top` uses it: the alternate screen, and keys without waiting for Enter. Screen and
 * modes are restored afterwards, also when a signal ends the program. One terminal per process. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Are both stdin and stdout terminals? */
bool terminal_is_there(void);

bool terminal_begin(struct error *err);
void terminal_end(void);

/* The present size in characters; 80 × 24 if the terminal does not tell it. */
void terminal_size(size_t *width_r, size_t *height_r);

/* Draws lines, each ended by a newline, from the top of the screen, and clears the rest of each line and the
 * screen below. At most one line less than the screen has: otherwise the screen would scroll. False: the
 * terminal cannot be written to. */
bool terminal_draw(struct span lines);

/* The next key within `wait_ms` milliseconds. 0: no key came, or the size has changed. -1: the input has
 * ended, or a signal asked the program to end. */
int terminal_key(int wait_ms);
