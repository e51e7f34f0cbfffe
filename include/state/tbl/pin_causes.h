/* PIN_CAUSE(NAME, name, words for people): causes for which a session keeps its connection.
 *
 * First block: state that statements take and release (sql/holds.h). Keeps the session's reads on the
 * connection.
 *
 * Second block: ends only with the session or with a reset. Keeps the session's reads on the connection.
 * Exceptions: HELD_SET does not keep harmless reads. It ends with a SET to the default, or when a statement
 * has used the variable up (vars_used_up). UNKNOWN_SCHEMA ends when the server reports a schema, and not with
 * a reset.
 *
 * Third block: computed from the session's state (facets_pins, prepared_pins), and not added with pins_add().
 * Keeps no reads but those that need the connection; AUTO_IS_NULL keeps all reads. */
PIN_CAUSE(TEMPORARY_TABLE, temporary_table, "temporary tables")
PIN_CAUSE(TABLE_LOCK, table_lock, "LOCK TABLES")
PIN_CAUSE(GLOBAL_LOCK, global_lock, "FLUSH TABLES WITH READ LOCK")
PIN_CAUSE(BACKUP_LOCK, backup_lock, "backup lock")
PIN_CAUSE(USER_LOCK, user_lock, "GET_LOCK")
PIN_CAUSE(HANDLER, handler, "HANDLER")
PIN_CAUSE(PREPARED, prepared, "SQL-level prepared statements")
PIN_CAUSE(XA, xa, "XA transaction")

PIN_CAUSE(HELD_SET, held_set, "a variable for writes that must not be applied to another connection")
PIN_CAUSE(NEXT_TRANSACTION, next_transaction, "SET TRANSACTION for the next transaction")
PIN_CAUSE(HIDDEN_STATE, hidden_state, "a statement may have left state that the server does not report")
PIN_CAUSE(LONG_STATEMENT, long_statement, "a statement that is too long to be read whole")
PIN_CAUSE(EXPIRED_PASSWORD, expired_password,
          "the password of the account had expired, and only this connection can set a new one")
PIN_CAUSE(UNKNOWN_SET, unknown_set, "a variable was set to something that cannot be repeated elsewhere")
PIN_CAUSE(UNKNOWN_SCHEMA, unknown_schema,
          "the server did not report the current schema, or reported another one than was asked for")
PIN_CAUSE(TRACKED_CHANGE, tracked_change,
          "the server reported a change of session state that the statement does not explain")

PIN_CAUSE(TRANSACTION, transaction, "open transaction")
PIN_CAUSE(USER_VARIABLES, user_variables, "user variables")
PIN_CAUSE(AUTO_IS_NULL, auto_is_null, "sql_auto_is_null")
PIN_CAUSE(CURSOR, cursor, "open cursor")
PIN_CAUSE(LONG_DATA, long_data, "long data of a prepared statement")
PIN_CAUSE(LONG_PREPARED, long_prepared, "a prepared statement that is too long to be prepared again")
PIN_CAUSE(ANSWERS, answers, "warnings, an error, FOUND_ROWS() or a sequence value of the last moment")
