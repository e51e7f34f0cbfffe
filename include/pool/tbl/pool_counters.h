/* POOL_COUNTER(name, words for people): connections to servers that no session has, by worker and cluster. */
POOL_COUNTER(pool_parked, "connections kept for the next session, made new")
POOL_COUNTER(pool_taken, "kept connections that a session went on with, instead of a login")
POOL_COUNTER(pool_handed_over, "connections that one worker handed to another")
POOL_COUNTER(pool_changed_user,
             "connections taken for another account (COM_CHANGE_USER), as there was no permit for a login")
POOL_COUNTER(pool_changes_failed,
             "COM_CHANGE_USERs that failed: the connection was closed, and another one opened")
POOL_COUNTER(pool_logged_in_anew,
             "kept connections that logged in anew (COM_CHANGE_USER) before a client's login had them: their "
             "login was older than pool_login_trust, or than the last change of accounts")
POOL_COUNTER(pool_opened_ahead, "connections opened before anybody needed them (pool_idle_min)")
POOL_COUNTER(pool_unclean, "connections closed because they could not be made new")
POOL_COUNTER(pool_lost, "kept connections that their server ended")
POOL_COUNTER(pool_retired,
             "connections closed: idle for too long, too old, too many, or their server out of use")
POOL_COUNTER(pool_gave_way, "kept connections closed for somebody who could not go on with them")
POOL_COUNTER(connections_taken_as_left, "connections that a session took as another one had left them")
POOL_COUNTER(connections_taken_new, "connections that a session took after they had been made new")
POOL_COUNTER(connections_reset, "times that a connection was made new (COM_RESET_CONNECTION)")
POOL_COUNTER(statements_prepared,
             "statements that were prepared on one more connection, to be executed there")
POOL_COUNTER(statements_shared, "… and that somebody else had prepared there already")
