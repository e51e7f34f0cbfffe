/* CONNECTION_USE(NAME, words for people): uses of a connection to a server, besides the causes that pin its
 * session (state/tbl/pin_causes.h). The words follow "3 by". */
CONNECTION_USE(RUNNING, "running statements")
CONNECTION_USE(SESSION, "sessions with pool = \"session\"")
CONNECTION_USE(READYING, "being prepared for a session")
CONNECTION_USE(OTHER, "others")
