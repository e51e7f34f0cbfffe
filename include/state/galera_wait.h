/* Galera: a node applies the session's writes on another node before it runs a statement of the session. The
 * state change of that wait must not be reported to the client as its own. */
#pragma once

#include "state/facets.h"
#include "state/slot.h"

/* The session's last write was on another node than the slot's connection leads to. */
static inline void galera_wait_note_due(struct slot *slot)
{
    slot->must_wait = true;
    slot->set |= facet_bit(FACET_GALERA_WAIT);
}
