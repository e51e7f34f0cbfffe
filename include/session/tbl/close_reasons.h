/* CLOSE_REASON(NAME, is an error, its connections may go to the pool, words for people): why a session
 * ended. Every close names a row. Connections may go to the pool where the session ended between two
 * commands, and not by an error, KILL or shutdown. */
CLOSE_REASON(CLIENT_QUIT, false, true, "the client quit")
CLOSE_REASON(RELEASED, false, false, "the client ended the session with COMMIT or ROLLBACK RELEASE")
CLOSE_REASON(CLIENT_GONE, false, true, "the client closed the connection")
CLOSE_REASON(CLIENT_FAILED, false, true, "the connection to the client failed")
CLOSE_REASON(CLIENT_NONSENSE, true, false, "the client broke the protocol")
CLOSE_REASON(LOGIN_REFUSED, true, false, "login refused")
CLOSE_REASON(LOGIN_TIMEOUT, true, false, "time-out of the client login")
CLOSE_REASON(LIMIT, true, false, "too many clients of this user")
CLOSE_REASON(SERVER_REFUSED, true, false, "no server accepted the login")
CLOSE_REASON(SERVER_LOST, true, false, "a server was lost with the session's state")
CLOSE_REASON(SERVER_NONSENSE, true, false, "a server broke the protocol")
CLOSE_REASON(IDLE_TIMEOUT, false, true, "idle for too long")
CLOSE_REASON(IDLE_TRANSACTION, true, false, "idle in a transaction for too long")
CLOSE_REASON(KILLED, false, false, "killed")
CLOSE_REASON(SHUTDOWN, false, false, "headgate is shutting down")
CLOSE_REASON(OUT_OF_MEMORY, true, false, "out of memory")
