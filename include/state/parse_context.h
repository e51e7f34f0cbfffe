/* How a session's texts are read by the server, as far as the session has said: sql_mode and character sets.
 * A statement that is prepared again elsewhere has to be read as it was at first, not as it would be by now.
 * Pure.
 */
#ifndef HEADGATE_STATE_PARSE_CONTEXT_H
#define HEADGATE_STATE_PARSE_CONTEXT_H

#include "base/str.h"
#include "mysql/handshake.h"
#include "state/slot.h"
#include "state/variables.h"

#include <stdint.h>

/* In the place of the collation at login: the server's defaults, which COM_RESET_CONNECTION leaves on MySQL.
 */
#define WORDING_DEFAULTS 0

/* The character sets of the connection before any SET: the collation of its login, or WORDING_DEFAULTS. */
uint8_t parse_context_collation(const struct slot *slot);

/* Appends it: "names 'latin1',sql_mode='ANSI_QUOTES'". Equal texts: read alike, on connections that had the
 * same collation at login. */
void parse_context_take(const struct vars *vars, struct text *out);

/* Appends the SET that gives it to a connection that has all of `vars`. What it does not tell is as at login:
 * of that collation, and the server's sql_mode. */
void parse_context_say(struct span wording, const struct vars *vars, uint8_t collation,
                       enum server_family family, struct text *out);

/* Appends the SET of the client's character set alone, as it was at login with that collation. */
void parse_context_say_client(uint8_t collation, enum server_family family, struct text *out);

/* What parse_context_say says asks MariaDB for the names of collations, which are in a table: warnings and
 * FOUND_ROWS() of the connection's earlier statements are gone then (seen on 10.11 and 11). */
bool parse_context_reads_tables(const struct vars *vars, enum server_family family);

#endif
