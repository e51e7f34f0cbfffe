build-lto/obj/src/sql/query.o: src/sql/query.c include/sql/query.h \
 include/sql/facts.h include/base/str.h include/sql/tbl/sql_reasons.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/lexer.h include/sql/calls.h \
 include/sql/functions.h include/sql/catalog.h include/sql/code_changes.h \
 include/sql/code_effects.h include/sql/code_names.h
include/sql/query.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/calls.h:
include/sql/functions.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
