build-lto/obj/src/sql/stored_code.o: src/sql/stored_code.c \
 include/sql/stored_code.h include/base/str.h include/sql/code_effects.h \
 include/sql/code_names.h include/sql/lexer.h \
 include/sql/stored_code_walk.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/table_names.h
include/sql/stored_code.h:
include/base/str.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/sql/lexer.h:
include/sql/stored_code_walk.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/table_names.h:
