/* PIN_CAUSE(NAME, words for people): why a session's reads stay on the primary. */
PIN_CAUSE(NONE, "-")
PIN_CAUSE(HIDDEN_STATE, "a statement may have left state that cannot be seen from outside")
PIN_CAUSE(UNKNOWN_SET, "a variable was set to something that cannot be repeated elsewhere")
PIN_CAUSE(TRACKED_CHANGE, "the server reported a change of session state that the statement does not explain")
PIN_CAUSE(NEXT_TRANSACTION, "SET TRANSACTION for the next transaction")
