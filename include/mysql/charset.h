/* Character sets: which bytes mean the same character in all of them. */
#pragma once

#include "base/str.h"

#include <stdbool.h>

/* Does every character set that a client may use read these bytes as the same characters? True for ASCII
 * without the ten characters that swe7 reads as letters: @ [ \ ] ^ ` { | } ~ (tested for each byte in each
 * character set of MariaDB 10.11, 11.8 and MySQL 9). */
bool charset_is_neutral(struct span text);
