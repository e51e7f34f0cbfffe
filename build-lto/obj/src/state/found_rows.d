build-lto/obj/src/state/found_rows.o: src/state/found_rows.c \
 include/state/found_rows.h include/sql/classify.h include/base/str.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h include/sql/lexer.h
include/state/found_rows.h:
include/sql/classify.h:
include/base/str.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
