build-lto/obj/src/sql/calls.o: src/sql/calls.c include/sql/calls.h \
 include/sql/functions.h include/base/str.h include/sql/lexer.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/code_effects.h \
 include/sql/code_names.h
include/sql/calls.h:
include/sql/functions.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
