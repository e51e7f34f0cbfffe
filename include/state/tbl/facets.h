/* FACET(NAME, name, told, lacked, said, pins, asked): the facets of a session's state, one file each. The
 * words are for docs/architecture/facets.md: what tells of a change; when a connection lacks the facet; how
 * the connection gets it; the pins that keep the connection; what the connection is asked before it is given
 * up. */
FACET(OPTION, option, "OK of COM_SET_OPTION", "versions differ", "COM_SET_OPTION", "", "")
FACET(ROLE, role, "text of SET ROLE", "versions differ", "SET ROLE", "UNKNOWN_SET", "")
FACET(SCHEMA, schema, "session tracking", "names differ", "COM_INIT_DB; some names in utf8", "UNKNOWN_SCHEMA",
      "")
FACET(VARIABLES, session_variables, "session tracking; text of SET", "versions differ", "one SET",
      "HELD_SET, UNKNOWN_SET, AUTO_IS_NULL", "is the held variable used up?")
FACET(INSERT_ID, insert_id, "OK", "ids differ", "the same SET", "", "LAST_INSERT_ID()")
FACET(TRANSACTION, transaction, "status flags; session tracking",
      "autocommit differs; a read-only transaction was on a replica",
      "the same SET; START TRANSACTION READ ONLY", "TRANSACTION, NEXT_TRANSACTION", "is it open?")
FACET(WAIT_TIMEOUT, wait_timeout, "text of SET; session tracking", "the statement may ask for it",
      "the same SET", "", "")
FACET(DIAGNOSTICS, diagnostics, "OK, EOF and ERR", "its warnings or its count are not the client's",
      "a query without warnings; a query without rows", "ANSWERS", "FOUND_ROWS()")
FACET(GALERA_WAIT, galera_wait, "the server of the session's last write", "that was another node",
      "a statement with wsrep_sync_wait", "", "")
FACET(USER_VARIABLES, variable_effects, "text", "versions differ, and the statement may read them", "one SET",
      "USER_VARIABLES", "names and values")
FACET(SEQUENCES, sequences, "text", "", "", "ANSWERS", "")
