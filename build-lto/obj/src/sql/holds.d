build-lto/obj/src/sql/holds.o: src/sql/holds.c include/sql/holds.h \
 include/sql/lexer.h include/base/str.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/sql/dynamic.h include/sql/statements.h
include/sql/holds.h:
include/sql/lexer.h:
include/base/str.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/dynamic.h:
include/sql/statements.h:
