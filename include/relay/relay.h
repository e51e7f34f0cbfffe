/* SENDING, REPLYING, INFILE: the bytes there and back.
 */
#ifndef HEADGATE_RELAY_RELAY_H
#define HEADGATE_RELAY_RELAY_H

#include "session/session.h"

enum step relay_sending(struct session *session);
enum step relay_replying(struct session *session);
enum step relay_infile(struct session *session);
/* Back to the command's bytes, which the window still has. */
void relay_take_back(struct session *session);
/* What has been looked at of the reply may go; then our own words follow it. */
void relay_keep_passed(struct session *session, struct upstream *upstream);
/* The number that the client expects of the next packet. */
uint8_t relay_next_seq(const struct session *session, const struct upstream *upstream);

#endif
