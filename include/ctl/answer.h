/* What headgate has answered, as a person or a script gets it. */
#ifndef HEADGATE_CTL_ANSWER_H
#define HEADGATE_CTL_ANSWER_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/* Prints it: to stdout, or to stderr if it is an error. `words` are the command it is the answer to. True: it
 * is no error, could be written, and is no report of a doctor who found one. */
bool answer_print(const struct text *answer, struct span words);

/* Prints a failure of headgatectl itself to stderr. Always false. */
bool answer_print_failure(const struct error *err);

#endif
