build-lto/obj/src/sql/table_names.o: src/sql/table_names.c \
 include/sql/table_names.h include/sql/reader.h include/sql/keywords.h \
 include/base/str.h include/sql/tbl/sql_keywords.h include/sql/lexer.h
include/sql/table_names.h:
include/sql/reader.h:
include/sql/keywords.h:
include/base/str.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
