/* SET ROLE. Servers keep the role at a reset, so the session does, too. */
#pragma once

#include "sql/setvar.h"
#include "state/facets.h"
#include "state/pending_set.h"

/* A SET ROLE that is to be sent. `name`: the value of `change` without quotes. */
void role_read(struct pending_set *changes, const struct setvar_change *change, struct span name);
/* COM_CHANGE_USER: the new account has its own default role. */
void role_note_login(struct facets *facets);
