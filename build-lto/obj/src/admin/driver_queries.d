build-lto/obj/src/admin/driver_queries.o: src/admin/driver_queries.c \
 include/admin/driver_queries.h include/admin/table.h include/base/str.h \
 include/base/error.h include/sql/lexer.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/unquote.h
include/admin/driver_queries.h:
include/admin/table.h:
include/base/str.h:
include/base/error.h:
include/sql/lexer.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/unquote.h:
