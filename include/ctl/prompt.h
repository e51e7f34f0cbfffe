/* The prompt: commands typed by a person, with history (~/.headgatectl_history, for its owner only) and
 * completion by what the running headgate has; or, where stdin is no terminal, a script's lines. The one
 * place that speaks to libedit. */
#ifndef HEADGATE_CTL_PROMPT_H
#define HEADGATE_CTL_PROMPT_H

#include "ctl/link.h"

#include <stdbool.h>

/* Until the end of input, `quit` or `exit`. False: headgate is not there, or a script's command has failed; a
 * person has read of it. */
bool prompt_run(struct link *link, bool is_json);

#endif
