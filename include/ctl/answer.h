/* Prints headgate's answer to a command, for a person or a script. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/* Prints the answer to the command `words`: to stdout, or to stderr if the answer is an error. True: the
 * answer is no error, was written, and is no report of `doctor` that contains an error. */
bool answer_print(const struct text *answer, struct span words);

/* Prints a failure of headgatectl itself to stderr. Always false. */
bool answer_print_failure(const struct error *err);
