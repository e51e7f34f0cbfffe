/* SESSION_STATE(NAME, words for people, stage of the command, step, what a deadline does, states that may
 * follow)
 *
 * The states of a session, in the order of its life. A new view wakes the session in every state: its step
 * looks at the view. Stage: ON_ITS_WAY: the command waits for its connection, and no byte of it has been
 * sent; RELAYED: its bytes pass. A deadline without a row of its own: no_deadline.
 */
/* clang-format off */
#define ANY_ANSWER TO(IDLE) | TO(DRAINING) | TO(CLOSING)
#define ANY_WAIT   TO(ACQUIRING) | TO(WAITING) | TO(QUEUED) | TO(CATCHING_UP)

SESSION_STATE(GREETING,    "waiting for a server to be known",           NONE,       login_greeting,       greeting_is_late,     TO(LOGIN) | TO(CLOSING))
SESSION_STATE(LOGIN,       "client login",                               NONE,       login_login,          login_is_late,        TO(ACQUIRING) | TO(IDLE) | TO(CLOSING))
SESSION_STATE(IDLE,        "idle",                                       NONE,       command_idle,         command_idle_time_out, TO(READING) | TO(CLOSING))
SESSION_STATE(READING,     "reading a command",                          NONE,       command_reading,      command_idle_time_out, TO(LOGIN) | TO(KILLING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(ACQUIRING,   "looking for a connection",                   NONE,       acquire_begin,        no_deadline,          TO(ATTACHING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(WAITING,     "waiting for a server",                       NONE,       wait_server_step,     server_is_late,       ANY_WAIT | ANY_ANSWER)
SESSION_STATE(QUEUED,      "waiting for a free connection to a server",  NONE,       wait_connection_step, wait_connection_time_out, TO(ATTACHING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(CATCHING_UP, "waiting for a replica to catch up",          NONE,       wait_replica_step,    wait_replica_time_out, ANY_WAIT | ANY_ANSWER)
SESSION_STATE(ATTACHING,   "connecting to a server",                     ON_ITS_WAY, acquire_attaching,    server_is_late,       TO(SYNCING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(SYNCING,     "applying session state",                     ON_ITS_WAY, apply_state_syncing,  no_deadline,          TO(PREPARING) | TO(ATTACHING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(PREPARING,   "preparing a statement",                      ON_ITS_WAY, prepare_again_step,   no_deadline,          TO(SYNCING) | TO(SENDING) | TO(ATTACHING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(SENDING,     "sending a command",                          RELAYED,    send_command_step,        no_deadline,          TO(REPLYING) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(REPLYING,    "waiting for a reply",                        RELAYED,    pass_reply_step,       reply_is_late,        TO(INFILE) | ANY_WAIT | ANY_ANSWER)
SESSION_STATE(INFILE,      "reading a client's file",                    RELAYED,    send_file_step,         no_deadline,          TO(REPLYING) | ANY_ANSWER)
SESSION_STATE(DRAINING,    "discarding a command that cannot be run",    NONE,       command_draining,     draining_is_late,     TO(IDLE) | TO(CLOSING))
SESSION_STATE(KILLING,     "killing another session",                    NONE,       kill_waiting,         no_deadline,          ANY_ANSWER)
SESSION_STATE(CLOSING,     "closing",                                    NONE,       closing,              closing_is_late,      TO(CLOSING))

#undef ANY_ANSWER
#undef ANY_WAIT
/* clang-format on */
