build-lto/obj/src/mysql/attributes.o: src/mysql/attributes.c \
 include/mysql/attributes.h include/base/str.h include/mysql/wire.h
include/mysql/attributes.h:
include/base/str.h:
include/mysql/wire.h:
