build-lto/obj/src/sql/keywords.o: src/sql/keywords.c \
 include/sql/keywords.h include/base/str.h include/sql/tbl/sql_keywords.h \
 include/sql/words.h
include/sql/keywords.h:
include/base/str.h:
include/sql/tbl/sql_keywords.h:
include/sql/words.h:
