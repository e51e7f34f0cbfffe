build-lto/obj/src/sql/secrets.o: src/sql/secrets.c include/sql/secrets.h \
 include/base/str.h
include/sql/secrets.h:
include/base/str.h:
