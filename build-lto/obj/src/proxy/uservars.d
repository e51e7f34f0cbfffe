build-lto/obj/src/proxy/uservars.o: src/proxy/uservars.c \
 include/proxy/uservars.h include/base/str.h include/mysql/rows.h \
 include/base/error.h include/base/mem.h
include/proxy/uservars.h:
include/base/str.h:
include/mysql/rows.h:
include/base/error.h:
include/base/mem.h:
