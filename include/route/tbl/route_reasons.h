/* ROUTE_REASON(name, words for people): why a statement goes where it goes. */
ROUTE_REASON(READ, "a harmless read outside a transaction")
ROUTE_REASON(NOT_A_READ, "not known to be a harmless read")
ROUTE_REASON(TRANSACTION, "in a transaction, or autocommit is off")
ROUTE_REASON(READ_ONLY_TRANSACTION, "a read-only transaction runs on one replica as a whole")
ROUTE_REASON(TRANSACTION_ENDS,
             "it ends the read-only transaction on the replica, and goes on where writes go")
ROUTE_REASON(
    TRANSACTION_MOVES,
    "it may end the read-only transaction and write, so both go to the primary: nothing was read yet")
ROUTE_REASON(CALL_AWAY,
             "it may end the read-only transaction and write, and a replica has shown data in that, "
             "or has its long data")
ROUTE_REASON(CALLED_BEFORE, "the session has tried to run stored code in a read-only transaction before")
ROUTE_REASON(STATE_AWAY, "it would leave state on the replica that runs the read-only transaction")
ROUTE_REASON(VARIABLES, "where the session's user variables are")
ROUTE_REASON(VARIABLES_AWAY, "the session's user variables have their values on another server")
ROUTE_REASON(ANSWERS_AWAY, "it asks in passing about an earlier statement, and another connection ran that")
ROUTE_REASON(UNKNOWN_TRANSACTION, "after an error, whether a transaction is open is not known yet")
ROUTE_REASON(PINNED, "the session has state that lives on the primary")
ROUTE_REASON(PREVIOUS, "about the previous statement: where that one ran")
ROUTE_REASON(SYSTEM_SCHEMA, "the current schema is one that describes its own server")
ROUTE_REASON(REFUSED_BEFORE, "a read-only server refused this statement before")
ROUTE_REASON(
    LACKED_BEFORE,
    "a replica lacked a table, a column or a right that this statement needs, less than a second ago")
ROUTE_REASON(
    BYPASSES_READ_ONLY,
    "it may write, and would do so on the replica of this listener: read_only does not hold the account")
ROUTE_REASON(NO_REPLICA, "a harmless read, but no replica can take it")
ROUTE_REASON(SHARED, "a harmless read, and the primary has its share of them (primary_reads)")
ROUTE_REASON(NOT_CAUGHT_UP,
             "a harmless read, but no replica is known to have what the session has written or seen")
ROUTE_REASON(REPLICA_REFUSED, "a harmless read, but the replica would not take the session's state")
ROUTE_REASON(HINT, "a hint asks for this server")
ROUTE_REASON(HINT_ELSEWHERE, "a hint asks for another server than the one where it must run")
ROUTE_REASON(HINT_NO_SERVER, "a hint names a server that the cluster does not have")
ROUTE_REASON(HINT_NOT_READING, "a hint names a server that takes no reads now")
ROUTE_REASON(HINT_BAD_TOKEN, "a hint's token is none of headgate's, or of another family of servers")
ROUTE_REASON(HINT_NOT_FRESH, "a hint asks for fresher data than reads can wait for where it must run")
ROUTE_REASON(LISTENER_PRIMARY, "this listener sends everything to the primary")
ROUTE_REASON(LISTENER_REPLICA, "this listener sends everything to a replica")
