build-lto/obj/src/proxy/found.o: src/proxy/found.c include/proxy/found.h \
 include/sql/classify.h include/base/str.h include/sql/lexer.h \
 include/sql/tbl/sql_reasons.h
include/proxy/found.h:
include/sql/classify.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
