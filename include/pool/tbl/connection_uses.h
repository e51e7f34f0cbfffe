/* CONNECTION_USE(NAME, words for people): what a connection to a server is used for, besides what pins its
 * session (pin_causes.h). "3 by …" */
CONNECTION_USE(RUNNING, "running statements")
CONNECTION_USE(SESSION, "sessions with pool = \"session\"")
CONNECTION_USE(READYING, "being prepared for a session")
CONNECTION_USE(OTHER, "others")
