build-lto/obj/src/proxy/unbegun.o: src/proxy/unbegun.c \
 include/proxy/unbegun.h include/base/str.h include/sql/classify.h \
 include/sql/lexer.h include/sql/tbl/sql_reasons.h include/mysql/reply.h \
 include/base/error.h
include/proxy/unbegun.h:
include/base/str.h:
include/sql/classify.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/mysql/reply.h:
include/base/error.h:
