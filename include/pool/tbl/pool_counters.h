/* POOL_COUNTER(name, words for people): counters of the pool, for each worker and cluster. */
POOL_COUNTER(pool_parked, "connections kept for the next session after a reset")
POOL_COUNTER(pool_taken, "kept connections that a session took instead of a login")
POOL_COUNTER(pool_handed_over, "connections that one worker handed to another")
POOL_COUNTER(
    pool_changed_user,
    "connections taken for another account (COM_CHANGE_USER) because no further connection was allowed")
POOL_COUNTER(pool_changes_failed,
             "COM_CHANGE_USERs that failed; the connection was closed and another one opened")
POOL_COUNTER(pool_logged_in_anew,
             "kept connections that logged in anew (COM_CHANGE_USER) before a login of a client took them, "
             "because they were older than pool_login_trust or than the last change of accounts")
POOL_COUNTER(pool_opened_ahead, "connections opened ahead of need (pool_idle_min)")
POOL_COUNTER(pool_unclean, "connections closed because the reset failed")
POOL_COUNTER(pool_lost, "kept connections that their server ended")
POOL_COUNTER(pool_retired,
             "connections closed: idle for too long, too old, too many, or their server out of use")
POOL_COUNTER(pool_gave_way, "kept connections closed because waiting sessions could not use them")
POOL_COUNTER(connections_taken_as_left, "connections that a session took without a reset")
POOL_COUNTER(connections_taken_new, "connections that a session took after a reset")
POOL_COUNTER(connections_reset, "resets of connections (COM_RESET_CONNECTION)")
POOL_COUNTER(statements_prepared,
             "statements prepared once more, on a further connection, to be executed there")
POOL_COUNTER(
    statements_shared,
    "statements not prepared again because another session had prepared the same one on the connection")
