/* Connections that sessions have and do not use: looked for from time to time, and closed when their time has
 * come (lifetime.h), unless their session has state there (share_retire). Part of a worker; its timer runs
 * until the worker ends.
 */
#ifndef HEADGATE_PROXY_RETIRE_H
#define HEADGATE_PROXY_RETIRE_H

struct worker;

/* Looks from now on, on the worker's loop. */
void retire_start(struct worker *worker);
/* No more. Harmless before retire_start. */
void retire_stop(struct worker *worker);

#endif
