build-lto/obj/src/sql/accounts.o: src/sql/accounts.c \
 include/sql/accounts.h include/sql/facts.h include/base/str.h \
 include/sql/tbl/sql_reasons.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h
include/sql/accounts.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
