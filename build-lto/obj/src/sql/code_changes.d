build-lto/obj/src/sql/code_changes.o: src/sql/code_changes.c \
 include/sql/code_changes.h include/sql/lexer.h include/base/str.h \
 include/sql/code_names.h include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h
include/sql/code_changes.h:
include/sql/lexer.h:
include/base/str.h:
include/sql/code_names.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
