/* POOL_COUNTER(name, words for people): connections to servers that no session has, by worker and cluster. */
POOL_COUNTER(pool_parked, "connections kept for the next session, made new")
POOL_COUNTER(pool_taken, "kept connections that a session went on with, instead of a login")
POOL_COUNTER(pool_handed_over, "connections that came from another worker's sessions, instead of a login")
POOL_COUNTER(pool_unclean, "connections closed because they could not be made new")
POOL_COUNTER(pool_lost, "kept connections that their server ended")
POOL_COUNTER(pool_retired, "kept connections closed: idle for too long, too old, too many, or their server out of use")
POOL_COUNTER(pool_gave_way, "kept connections closed for somebody who could not go on with them")
