build-lto/obj/src/mysql/printable.o: src/mysql/printable.c \
 include/mysql/printable.h include/base/str.h
include/mysql/printable.h:
include/base/str.h:
