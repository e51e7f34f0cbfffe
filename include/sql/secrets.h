/* Texts that may contain a password or a key, whose literals are never shown.
 *
 * They are detected by words anywhere in the text. Words in strings and comments count too, because a
 * statement can be a string (PREPARE … FROM '…', SET @s = '…'). So some harmless texts are detected as well.
 * A secret without such a word (a password that an application compares with a column named `x`) is not
 * detected. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

/* `sql`: the whole text. */
bool secrets_may_hold(struct span sql);
