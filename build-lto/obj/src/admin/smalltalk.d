build-lto/obj/src/admin/smalltalk.o: src/admin/smalltalk.c \
 include/admin/smalltalk.h include/admin/table.h include/base/str.h \
 include/base/error.h include/sql/lexer.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/unquote.h
include/admin/smalltalk.h:
include/admin/table.h:
include/base/str.h:
include/base/error.h:
include/sql/lexer.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/unquote.h:
