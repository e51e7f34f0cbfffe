build-lto/obj/src/sql/dynamic.o: src/sql/dynamic.c include/sql/dynamic.h \
 include/sql/facts.h include/base/str.h include/sql/tbl/sql_reasons.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/lexer.h include/sql/kill.h \
 include/sql/query.h
include/sql/dynamic.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
include/sql/kill.h:
include/sql/query.h:
