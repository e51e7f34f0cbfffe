/* The settings of a session by which the server parses its texts: sql_mode and character sets. If headgate
 * prepares a statement again on another connection, the server must parse it with the settings of the first
 * PREPARE, and not with the present ones. Pure.
 *
 * "Wording" is the text form of these settings, without the SET: "names 'latin1',sql_mode='ANSI_QUOTES'". */
#pragma once

#include "base/str.h"
#include "mysql/handshake.h"
#include "state/slot.h"
#include "state/variables.h"

#include <stdint.h>

/* Stands for the collation at login where the server's defaults are in force: after COM_RESET_CONNECTION on
 * MySQL. */
#define WORDING_DEFAULTS 0

/* The collation that decides the connection's character sets before any SET: that of its login, or
 * WORDING_DEFAULTS. */
uint8_t parse_context_collation(const struct slot *slot);

/* Appends the wording of `vars`. Equal wordings: servers parse alike on connections that had the same
 * collation at login. */
void parse_context_take(const struct vars *vars, struct text *out);

/* Appends the SET that puts `wording` in force on a connection that has all of `vars`. Settings that
 * `wording` does not have become those of the login: character sets of `collation`, sql_mode of the
 * server. */
void parse_context_say(struct span wording, const struct vars *vars, uint8_t collation,
                       enum server_family family, struct text *out);

/* Appends the SET of character_set_client alone, as it is after a login with `collation`. */
void parse_context_say_client(uint8_t collation, enum server_family family, struct text *out);

/* True: the SET of parse_context_say reads the names of collations from a table (MariaDB). The server then
 * forgets warnings and FOUND_ROWS() of earlier statements (seen on 10.11 and 11). */
bool parse_context_reads_tables(const struct vars *vars, enum server_family family);
