build-lto/obj/src/sql/reader.o: src/sql/reader.c include/sql/reader.h \
 include/sql/keywords.h include/base/str.h include/sql/tbl/sql_keywords.h \
 include/sql/lexer.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/sql/functions.h
include/sql/reader.h:
include/sql/keywords.h:
include/base/str.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/functions.h:
