/* ROUTE_REASON(name, text for people): why a statement runs on the server that route chose. */
ROUTE_REASON(READ, "a harmless read outside a transaction")
ROUTE_REASON(NOT_A_READ, "not known to be a harmless read")
ROUTE_REASON(TRANSACTION, "in a transaction, or autocommit is off")
ROUTE_REASON(READ_ONLY_TRANSACTION, "a read-only transaction runs on one replica as a whole")
ROUTE_REASON(TRANSACTION_ENDS, "it ends the read-only transaction on the replica, and runs on the primary")
ROUTE_REASON(TRANSACTION_MOVES, "it may end the read-only transaction and write; the transaction moves to "
                                "the primary, as it has read nothing yet")
ROUTE_REASON(CALL_AWAY, "it may end the read-only transaction and write, and the transaction has shown data "
                        "of a replica, or has long data there")
ROUTE_REASON(CALLED_BEFORE, "the session has tried before to run stored code in a read-only transaction")
ROUTE_REASON(STATE_AWAY, "it would leave state on the replica that runs the read-only transaction")
ROUTE_REASON(VARIABLES, "it reads user variables, and this server has their values")
ROUTE_REASON(VARIABLES_AWAY, "another server has the values of the user variables of the session")
ROUTE_REASON(ANSWERS_AWAY, "it uses the answer about an earlier statement that another connection ran")
ROUTE_REASON(UNKNOWN_TRANSACTION, "after an error it is not known whether a transaction is open")
ROUTE_REASON(PINNED, "the session has state that lives on the primary")
ROUTE_REASON(PREVIOUS, "about the previous statement: on the server that ran it")
ROUTE_REASON(SYSTEM_SCHEMA, "the current schema is a system schema")
ROUTE_REASON(REFUSED_BEFORE, "a read-only server refused this statement before")
ROUTE_REASON(
    LACKED_BEFORE,
    "a replica lacked a table, a column or a right that this statement needs, less than a second ago")
ROUTE_REASON(BYPASSES_READ_ONLY,
             "it may write on the replica of this listener, because read_only does not hold the account")
ROUTE_REASON(NO_REPLICA, "a harmless read, but no replica takes reads")
ROUTE_REASON(SHARED, "a harmless read, and the primary has a share of the reads (primary_reads)")
ROUTE_REASON(NOT_CAUGHT_UP,
             "a harmless read, but no replica is known to have what the session has written or seen")
ROUTE_REASON(REPLICA_REFUSED, "a harmless read, but the replica refused the state of the session")
ROUTE_REASON(HINT, "a hint asks for this server")
ROUTE_REASON(HINT_ELSEWHERE, "a hint asks for another server than the one where the statement must run")
ROUTE_REASON(HINT_NO_SERVER, "a hint names a server that the cluster does not have")
ROUTE_REASON(HINT_NOT_READING, "a hint names a server that takes no reads now")
ROUTE_REASON(HINT_BAD_TOKEN, "the token of a hint is malformed, or of another family of servers")
ROUTE_REASON(HINT_NOT_FRESH, "a hint asks for fresher data than a read on this server can wait for")
ROUTE_REASON(LISTENER_PRIMARY, "this listener sends everything to the primary")
ROUTE_REASON(LISTENER_REPLICA, "this listener sends everything to a replica")
