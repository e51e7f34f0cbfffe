/* COM_SET_OPTION: whether one text may have several statements. */
#pragma once

#include "state/facet.h"

/* The server has agreed to the client's COM_SET_OPTION on the slot's connection. */
void option_note_done(struct facets *facets, bool is_multi, struct slot *slot);
/* COM_CHANGE_USER: the session's next connections log in with the present option. */
void option_note_login(struct facets *facets);
