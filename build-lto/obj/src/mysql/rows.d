build-lto/obj/src/mysql/rows.o: src/mysql/rows.c include/mysql/rows.h \
 include/base/error.h include/base/str.h include/base/mem.h \
 include/mysql/caps.h include/mysql/reply.h include/mysql/packet.h \
 include/mysql/wire.h
include/mysql/rows.h:
include/base/error.h:
include/base/str.h:
include/base/mem.h:
include/mysql/caps.h:
include/mysql/reply.h:
include/mysql/packet.h:
include/mysql/wire.h:
