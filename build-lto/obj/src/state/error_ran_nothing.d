build-lto/obj/src/state/error_ran_nothing.o: \
 src/state/error_ran_nothing.c include/state/error_ran_nothing.h \
 include/base/str.h include/sql/classify.h include/sql/facts.h \
 include/sql/tbl/sql_reasons.h include/sql/lexer.h include/mysql/reply.h \
 include/base/error.h include/mysql/packet.h
include/state/error_ran_nothing.h:
include/base/str.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/mysql/reply.h:
include/base/error.h:
include/mysql/packet.h:
