build-lto/obj/src/proxy/claims.o: src/proxy/claims.c \
 include/proxy/claims.h include/base/str.h include/proxy/pins.h \
 include/base/counters.h include/proxy/tbl/pin_causes.h \
 include/sql/lexer.h include/base/mem.h include/sql/holds.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/unquote.h
include/proxy/claims.h:
include/base/str.h:
include/proxy/pins.h:
include/base/counters.h:
include/proxy/tbl/pin_causes.h:
include/sql/lexer.h:
include/base/mem.h:
include/sql/holds.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/unquote.h:
