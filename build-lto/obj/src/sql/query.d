build-lto/obj/src/sql/query.o: src/sql/query.c include/sql/query.h \
 include/sql/classify.h include/base/str.h include/sql/lexer.h \
 include/sql/tbl/sql_reasons.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/functions.h include/sql/routines.h
include/sql/query.h:
include/sql/classify.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/functions.h:
include/sql/routines.h:
