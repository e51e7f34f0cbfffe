/* The terminal, while a view has it: the other screen, keys as they are typed, everything as it was
 * afterwards, also after a signal that ends us. One per process. */
#ifndef HEADGATE_CTL_TERMINAL_H
#define HEADGATE_CTL_TERMINAL_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Are stdin and stdout one? */
bool terminal_is_there(void);

bool terminal_begin(struct error *err);
void terminal_end(void);

/* As it is now; 80 × 24 where it does not say. */
void terminal_size(size_t *width_r, size_t *height_r);

/* Draws lines, each with its newline, from the top, and clears what is behind each and below: one line less
 * than the screen has, or it would scroll. False when it cannot be written to. */
bool terminal_draw(struct span lines);

/* The next key within so many milliseconds; 0: none came, or another size did; -1: the input has ended, or a
 * signal wants us to. */
int terminal_key(int wait_ms);

#endif
