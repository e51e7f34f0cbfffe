build-lto/obj/src/mysql/resultset.o: src/mysql/resultset.c \
 include/mysql/resultset.h include/base/str.h include/mysql/caps.h \
 include/mysql/packet.h include/mysql/reply.h include/base/error.h \
 include/mysql/wire.h
include/mysql/resultset.h:
include/base/str.h:
include/mysql/caps.h:
include/mysql/packet.h:
include/mysql/reply.h:
include/base/error.h:
include/mysql/wire.h:
