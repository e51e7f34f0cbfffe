/* The transaction: autocommit, what is open, and where; the characteristics of the next one. */
#pragma once

#include "state/facet.h"

/* Forgets the transaction on the replica. The caller is about to drop its connection. */
void transaction_come_home(struct facets *facets);
/* The read-only transaction that was on the replica begins again on the primary before the next command. */
void transaction_begin_again(struct facets *facets);
