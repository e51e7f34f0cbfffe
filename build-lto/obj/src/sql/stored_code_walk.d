build-lto/obj/src/sql/stored_code_walk.o: src/sql/stored_code_walk.c \
 include/sql/stored_code_walk.h include/sql/code_effects.h \
 include/sql/code_names.h include/base/str.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/lexer.h include/sql/table_names.h include/sql/calls.h \
 include/sql/functions.h
include/sql/stored_code_walk.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/base/str.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/table_names.h:
include/sql/calls.h:
include/sql/functions.h:
