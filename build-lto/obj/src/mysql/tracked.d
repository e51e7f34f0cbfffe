build-lto/obj/src/mysql/tracked.o: src/mysql/tracked.c \
 include/mysql/tracked.h include/base/str.h include/mysql/sesstrack.h
include/mysql/tracked.h:
include/base/str.h:
include/mysql/sesstrack.h:
