build-lto/obj/src/sql/digest.o: src/sql/digest.c include/sql/digest.h \
 include/sql/lexer.h include/base/str.h include/sql/secrets.h
include/sql/digest.h:
include/sql/lexer.h:
include/base/str.h:
include/sql/secrets.h:
