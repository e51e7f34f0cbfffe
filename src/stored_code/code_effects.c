#include "stored_code/code_effects.h"

#include <stdio.h>

void code_effects_words(unsigned effects, char *into, size_t size)
{
    static const struct {
        unsigned effect;
        const char *words;
    } rows[] = {
        { CODE_UNKNOWN, "not known" },
        { CODE_WRITES, "writes" },
        { CODE_SCHEMA, "changes views, routines or accounts" },
        { CODE_TRANSACTION, "begins or ends transactions" },
        { CODE_SETS_VARIABLES, "sets user variables" },
        { CODE_READS_VARIABLES, "reads user variables" },
        { CODE_SETS_SESSION, "sets session variables" },
        { CODE_TAKES_LOCKS, "takes or releases locks" },
        { CODE_TEMPORARY_TABLES, "makes or drops temporary tables" },
        { CODE_DYNAMIC, "runs SQL from strings" },
        { CODE_INSERT_ID, "sets the last insert id" },
        { CODE_SEQUENCE, "uses sequences" },
        { CODE_PRIMARY, "reads what only the primary can tell" },
    };
    size_t len = 0;
    *into = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows && len < size; i++)
        if ((effects & rows[i].effect) != 0)
            len += (size_t)snprintf(into + len, size - len, "%s%s", len > 0 ? ", " : "", rows[i].words);
}
