build-lto/obj/src/sql/transactions.o: src/sql/transactions.c \
 include/sql/transactions.h include/sql/facts.h include/base/str.h \
 include/sql/tbl/sql_reasons.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/lexer.h include/sql/stored_calls.h
include/sql/transactions.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/stored_calls.h:
