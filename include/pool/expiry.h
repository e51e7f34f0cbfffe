/* Connections that sessions have and do not use: looked for from time to time, and closed when their time has
 * come (lifetime.h), unless their session has state there (yield_retire). Part of a worker; its timer runs
 * until the worker ends.
 */
#ifndef HEADGATE_POOL_EXPIRY_H
#define HEADGATE_POOL_EXPIRY_H

struct worker;

/* Looks from now on, on the worker's loop. */
void expiry_start(struct worker *worker);
/* No more. Harmless before expiry_start. */
void expiry_stop(struct worker *worker);

#endif
