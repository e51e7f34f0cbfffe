/* Texts that may contain a password or a key, whose literals are never shown.
 *
 * Told by words anywhere in the text, in strings and comments too, because statements can be strings
 * (PREPARE … FROM '…', SET @s = '…'). Some harmless texts count as well. A secret without such a word (a
 * password that an application compares with a column named `x`) is not detected. */
#ifndef HEADGATE_SQL_SECRETS_H
#define HEADGATE_SQL_SECRETS_H

#include "base/str.h"

#include <stdbool.h>

/* `sql`: the whole text. */
bool secrets_may_hold(struct span sql);

#endif
