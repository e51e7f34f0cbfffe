build-lto/obj/src/sql/classify.o: src/sql/classify.c \
 include/sql/classify.h include/base/str.h include/sql/lexer.h \
 include/sql/tbl/sql_reasons.h include/sql/reader.h \
 include/sql/keywords.h include/sql/tbl/sql_keywords.h \
 include/sql/statements.h
include/sql/classify.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/statements.h:
