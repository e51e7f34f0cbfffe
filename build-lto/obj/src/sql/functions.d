build-lto/obj/src/sql/functions.o: src/sql/functions.c \
 include/sql/functions.h include/base/str.h include/sql/lexer.h \
 include/sql/words.h include/sql/tbl/sql_functions.h
include/sql/functions.h:
include/base/str.h:
include/sql/lexer.h:
include/sql/words.h:
include/sql/tbl/sql_functions.h:
