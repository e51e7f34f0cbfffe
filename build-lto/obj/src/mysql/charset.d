build-lto/obj/src/mysql/charset.o: src/mysql/charset.c \
 include/mysql/charset.h include/base/str.h
include/mysql/charset.h:
include/base/str.h:
