build-lto/obj/src/sql/kill.o: src/sql/kill.c include/sql/kill.h \
 include/sql/facts.h include/base/str.h include/sql/tbl/sql_reasons.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/lexer.h
include/sql/kill.h:
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/lexer.h:
