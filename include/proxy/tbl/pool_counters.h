/* POOL_COUNTER(name, words for people): connections handed from session to session, by worker and cluster. */
POOL_COUNTER(connections_taken_as_left, "connections that a session took as another one had left them")
POOL_COUNTER(connections_taken_new, "connections that a session took after they had been made new")
POOL_COUNTER(connections_reset, "times that a connection was made new (COM_RESET_CONNECTION)")
POOL_COUNTER(statements_prepared,
             "statements that were prepared on one more connection, to be executed there")
POOL_COUNTER(statements_shared, "… and that somebody else had prepared there already")
