build-lto/obj/src/mysql/reply.o: src/mysql/reply.c include/mysql/reply.h \
 include/base/error.h include/base/str.h include/mysql/packet.h \
 include/mysql/caps.h include/mysql/printable.h include/mysql/resultset.h \
 include/mysql/wire.h
include/mysql/reply.h:
include/base/error.h:
include/base/str.h:
include/mysql/packet.h:
include/mysql/caps.h:
include/mysql/printable.h:
include/mysql/resultset.h:
include/mysql/wire.h:
