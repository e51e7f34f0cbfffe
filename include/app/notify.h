/* What a service manager is told: systemd's protocol (sd_notify(3)), datagrams to the socket that
 * $NOTIFY_SOCKET names. If the variable is not set, or names no unix socket, nothing is sent.
 *
 *   start ──► notify_ready ──► notify_status … ──► notify_stopping
 *                  ▲    │
 *                  └────┴──► notify_reloading: until the next notify_ready
 *
 * A manager whose queue is full is waited for when a state begins (ready, reloading, stopping), 10 s at most;
 * statuses and signs of life are dropped then: more of them will come. Both are said in the log. On the
 * control thread.
 */
#ifndef HEADGATE_APP_NOTIFY_H
#define HEADGATE_APP_NOTIFY_H

#include <stdint.h>

/* Clients are accepted; also the end of a reload, good or bad. `status`: one line for `systemctl status`. */
void notify_ready(const char *status);

/* A reload has begun: a notify_ready must follow. */
void notify_reloading(void);

/* One line for `systemctl status`; control characters are told as blanks. */
void notify_status(const char *status);

/* Nobody new is accepted, and the end may take `within_us` microseconds more: it is not to be cut off before.
 */
void notify_stopping(uint64_t within_us, const char *status);

/* A sign of life. */
void notify_watchdog(void);

/* How often a sign of life is wanted at least, in microseconds ($WATCHDOG_USEC, if it is meant for this
 * process); 0: it is not. */
uint64_t notify_watchdog_us(void);

#endif
