build-lto/obj/src/sql/statements.o: src/sql/statements.c \
 include/sql/statements.h include/sql/facts.h include/base/str.h \
 include/sql/tbl/sql_reasons.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/lexer.h include/sql/dynamic.h include/sql/kill.h \
 include/sql/query.h include/sql/setvar.h include/sql/stored_calls.h \
 include/sql/transactions.h
include/sql/statements.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/dynamic.h:
include/sql/kill.h:
include/sql/query.h:
include/sql/setvar.h:
include/sql/stored_calls.h:
include/sql/transactions.h:
