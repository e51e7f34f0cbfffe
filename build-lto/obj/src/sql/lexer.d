build-lto/obj/src/sql/lexer.o: src/sql/lexer.c include/sql/lexer.h \
 include/base/str.h include/sql/bytes.h
include/sql/lexer.h:
include/base/str.h:
include/sql/bytes.h:
