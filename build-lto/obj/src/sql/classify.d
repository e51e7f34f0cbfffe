build-lto/obj/src/sql/classify.o: src/sql/classify.c \
 include/sql/classify.h include/base/str.h include/sql/facts.h \
 include/sql/tbl/sql_reasons.h include/sql/lexer.h include/sql/accounts.h \
 include/sql/catalog.h include/sql/code_changes.h \
 include/sql/code_effects.h include/sql/code_names.h include/sql/query.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/statements.h \
 include/sql/stored_calls.h
include/sql/classify.h:
include/base/str.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/sql/accounts.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/sql/query.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/statements.h:
include/sql/stored_calls.h:
