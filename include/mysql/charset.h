/* Character sets, as far as headgate has to know them: which bytes mean the same in all of them.
 */
#ifndef HEADGATE_MYSQL_CHARSET_H
#define HEADGATE_MYSQL_CHARSET_H

#include "base/str.h"

#include <stdbool.h>

/* Does every character set that a client may use read these bytes as the same characters? They are ASCII
 * then, without the ten that swe7 reads as letters: @ [ \ ] ^ ` { | } ~ (asked of MariaDB 10.11, 11.8 and
 * MySQL 9 for each byte in each character set). */
bool charset_is_neutral(struct span text);

#endif
