build-lto/obj/src/sql/hint.o: src/sql/hint.c include/sql/hint.h \
 include/sql/lexer.h include/base/str.h include/base/clock.h \
 include/sql/bytes.h
include/sql/hint.h:
include/sql/lexer.h:
include/base/str.h:
include/base/clock.h:
include/sql/bytes.h:
