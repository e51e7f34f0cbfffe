/* Texts that may hold a password or a key: their literals are shown to nobody.
 *
 * Told by words anywhere in the text, in strings and comments too, because statements can be strings
 * (PREPARE … FROM '…', SET @s = '…'). Rather too many than too few. What no word tells (a password that an
 * application compares with a column named `x`) is not known here. */
#ifndef HEADGATE_SQL_SECRETS_H
#define HEADGATE_SQL_SECRETS_H

#include "base/str.h"

#include <stdbool.h>

/* `sql`: the whole text. */
bool secrets_may_hold(struct span sql);

#endif
