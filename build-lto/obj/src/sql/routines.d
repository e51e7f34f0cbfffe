build-lto/obj/src/sql/routines.o: src/sql/routines.c \
 include/sql/routines.h include/base/str.h include/base/mem.h
include/sql/routines.h:
include/base/str.h:
include/base/mem.h:
