/* SESSION_STATE(NAME, words for people, stage of the command, step, what a deadline does, states that may
 * follow, when the state is left, the deadline and its effect in words)
 *
 * The states of a session, in the order of its life. A new view wakes a session in every state: its step
 * looks at the view. Stage ON_ITS_WAY: the command has its connection, and no byte of it has been sent. Stage
 * RELAYED: the command's bytes, or those of its reply, are being passed. no_deadline: none is set in this
 * state. `make docs` prints docs/architecture/states.md from these rows. */
/* clang-format off */
#define ANSWERED TO(IDLE) | TO(DRAINING) | TO(CLOSING) /* answered by headgate, or not at all */

SESSION_STATE(PROXY_HEADER, "waiting for the PROXY header", NONE, client_address_step, client_address_late,
              TO(GREETING) | TO(CLOSING),
              "the load balancer's header is read: the client's address is known",
              "client_login: 1043, and the connection is closed")
SESSION_STATE(GREETING, "waiting for a server to be known", NONE, login_greeting, greeting_is_late,
              TO(LOGIN) | TO(CLOSING),
              "every server's first probe has ended and one has passed: the greeting has the lowest version and the common capabilities of all",
              "1053, and the client's connection is closed")
SESSION_STATE(LOGIN, "client login", NONE, login_login, login_is_late,
              TO(SECURING) | TO(IDLE) | TO(ACQUIRING) | TO(CLOSING),
              "the client has proved its password; it hears OK when a server has accepted its schema",
              "the client's connection is closed")
SESSION_STATE(SECURING, "TLS handshake", NONE, login_securing, login_is_late,
              TO(LOGIN) | TO(CLOSING),
              "the TLS handshake is complete; its time counts as time of the login",
              "the client's connection is closed")
SESSION_STATE(IDLE, "idle", NONE, command_idle, command_idle_time_out,
              TO(READING) | TO(CLOSING),
              "bytes of a command arrive",
              "wait_timeout, or idle_transaction: the client's connection is closed")
SESSION_STATE(READING, "reading a command", NONE, command_reading, command_idle_time_out,
              TO(LOGIN) | TO(ACQUIRING) | TO(CATCHING_UP) | TO(KILLING) | ANSWERED,
              "enough of the command is there to decide where it goes",
              "as IDLE")
SESSION_STATE(ACQUIRING, "looking for a connection", NONE, acquire_begin, no_deadline,
              TO(WAITING) | TO(QUEUED) | TO(CATCHING_UP) | TO(ATTACHING) | ANSWERED,
              "at once",
              "-")
SESSION_STATE(WAITING, "waiting for a server", NONE, acquire_waiting, server_is_late,
              TO(ACQUIRING) | ANSWERED,
              "a view changes, a question to a server is answered, or 100 ms have passed: tries again",
              "primary_wait: 1290; the statement was not run")
SESSION_STATE(QUEUED, "waiting for a free connection to a server", NONE, wait_connection_step, wait_connection_time_out,
              TO(QUEUED) | TO(ACQUIRING) | TO(WAITING) | TO(ATTACHING) | ANSWERED,
              "a connection or a permit for one comes, or the server is not the right one any more",
              "pool_wait: 1040")
SESSION_STATE(CATCHING_UP, "waiting for a replica to catch up", NONE, wait_replica_step, wait_replica_time_out,
              TO(ACQUIRING) | TO(CATCHING_UP) | ANSWERED,
              "a replica has what the session has written and seen",
              "consistency_wait: the read goes to the primary")
SESSION_STATE(ATTACHING, "connecting to a server", ON_ITS_WAY, acquire_attaching, server_is_late,
              TO(ACQUIRING) | TO(WAITING) | TO(QUEUED) | TO(SYNCING) | ANSWERED,
              "the connection is ready, or has failed",
              "primary_wait: 1290; the statement was not run")
SESSION_STATE(SYNCING, "applying session state", ON_ITS_WAY, apply_state_syncing, no_deadline,
              TO(LOGIN) | TO(ACQUIRING) | TO(WAITING) | TO(ATTACHING) | TO(PREPARING) | TO(SENDING) | ANSWERED,
              "the connection has the state of the session",
              "-")
SESSION_STATE(PREPARING, "preparing a statement", ON_ITS_WAY, apply_state_preparing, no_deadline,
              TO(ACQUIRING) | TO(WAITING) | TO(ATTACHING) | TO(SYNCING) | TO(SENDING) | ANSWERED,
              "the connection knows the prepared statement",
              "-")
SESSION_STATE(SENDING, "sending a command", RELAYED, transfer_command, no_deadline,
              TO(ACQUIRING) | TO(WAITING) | TO(REPLYING) | ANSWERED,
              "all of the command is written",
              "-")
SESSION_STATE(REPLYING, "waiting for a reply", RELAYED, transfer_reply, reply_is_late,
              TO(ACQUIRING) | TO(WAITING) | TO(INFILE) | ANSWERED,
              "the reply has ended, and all of it was passed on",
              "query: KILL QUERY; 1969 (MariaDB) or 3024 (MySQL)")
SESSION_STATE(INFILE, "reading a client's file", RELAYED, transfer_file, no_deadline,
              TO(REPLYING) | ANSWERED,
              "LOAD DATA LOCAL: the empty packet of the client was passed on",
              "-")
SESSION_STATE(DRAINING, "discarding a command that cannot be run", NONE, command_draining, draining_is_late,
              TO(IDLE) | TO(CLOSING),
              "the last byte of the command was read; the client hears the error then",
              "idle_client: the client's connection is closed")
SESSION_STATE(KILLING, "killing another session", NONE, kill_waiting, no_deadline,
              ANSWERED,
              "all workers have answered",
              "-")
SESSION_STATE(CLOSING, "closing", NONE, closing, closing_is_late,
              0,
              "the last bytes are sent and, after an error, read by the client",
              "2 s: the connection is closed all the same")

#undef ANSWERED
/* clang-format on */
