build-lto/obj/src/admin/process.o: src/admin/process.c \
 include/admin/process.h
include/admin/process.h:
