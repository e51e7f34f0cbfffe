/* Messages to the service manager: systemd's protocol (sd_notify(3)), datagrams to the socket that
 * $NOTIFY_SOCKET names. If the variable is not set, or names no unix socket, nothing is sent.
 *
 *   start ──► notify_ready ──► notify_status, repeatedly ──► notify_stopping
 *               ▲      │
 *               │      ▼
 *            notify_reloading
 *
 * If the manager's queue is full, a change of state (ready, reloading, stopping) waits for up to 10 s; a
 * status or a watchdog message is dropped, because another one follows later. A message that cannot be sent
 * is logged. Call from the control thread. */
#pragma once

#include <stdint.h>

/* Clients are accepted, or a reload has ended, with or without success. `status`: a line for `systemctl
 * status`. */
void notify_ready(const char *status);

/* A reload has begun: a notify_ready must follow. */
void notify_reloading(void);

/* Sends a line for `systemctl status`; control characters become blanks. */
void notify_status(const char *status);

/* No new clients are accepted, and the shutdown may take `within_us` microseconds: the manager must not kill
 * the process before. */
void notify_stopping(uint64_t within_us, const char *status);

/* Tells the manager that the process works (WATCHDOG=1). */
void notify_watchdog(void);

/* The longest time between two calls of notify_watchdog that the manager accepts, in microseconds
 * ($WATCHDOG_USEC); 0: the manager expects none from this process. */
uint64_t notify_watchdog_us(void);
