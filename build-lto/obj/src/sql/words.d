build-lto/obj/src/sql/words.o: src/sql/words.c include/sql/words.h \
 include/base/str.h
include/sql/words.h:
include/base/str.h:
