build-lto/obj/src/mysql/sesstrack.o: src/mysql/sesstrack.c \
 include/mysql/sesstrack.h include/base/str.h include/mysql/wire.h
include/mysql/sesstrack.h:
include/base/str.h:
include/mysql/wire.h:
