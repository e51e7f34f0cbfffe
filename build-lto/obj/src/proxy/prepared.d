build-lto/obj/src/proxy/prepared.o: src/proxy/prepared.c \
 include/proxy/prepared.h include/base/hash.h include/base/mem.h \
 include/base/str.h include/proxy/texts.h include/base/list.h \
 include/sql/classify.h include/sql/lexer.h include/sql/tbl/sql_reasons.h \
 include/mysql/stmt.h include/mysql/attributes.h include/mysql/wire.h
include/proxy/prepared.h:
include/base/hash.h:
include/base/mem.h:
include/base/str.h:
include/proxy/texts.h:
include/base/list.h:
include/sql/classify.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/mysql/stmt.h:
include/mysql/attributes.h:
include/mysql/wire.h:
