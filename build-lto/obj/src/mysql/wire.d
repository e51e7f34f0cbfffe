build-lto/obj/src/mysql/wire.o: src/mysql/wire.c include/mysql/wire.h \
 include/base/str.h
include/mysql/wire.h:
include/base/str.h:
