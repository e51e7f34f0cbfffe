build-lto/obj/src/sql/unquote.o: src/sql/unquote.c include/sql/unquote.h \
 include/base/str.h include/sql/lexer.h
include/sql/unquote.h:
include/base/str.h:
include/sql/lexer.h:
