/* SQL_REASON(name, words for people): why a statement is, or is not, a harmless read. */
SQL_REASON(PLAIN_READ, "read made only of pure built-in functions")
SQL_REASON(UNKNOWN, "statement not understood")
SQL_REASON(EMPTY, "empty statement")
