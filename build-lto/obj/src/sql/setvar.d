build-lto/obj/src/sql/setvar.o: src/sql/setvar.c include/sql/setvar.h \
 include/base/str.h include/sql/lexer.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h
include/sql/setvar.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
