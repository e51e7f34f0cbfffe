build-lto/obj/src/sql/sequences.o: src/sql/sequences.c \
 include/sql/sequences.h include/base/str.h include/sql/lexer.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h
include/sql/sequences.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
