build-lto/obj/src/mysql/admit.o: src/mysql/admit.c include/mysql/admit.h \
 include/base/error.h include/base/str.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/mem.h \
 include/mysql/packet.h include/mysql/printable.h include/mysql/reply.h \
 include/mysql/wire.h
include/mysql/admit.h:
include/base/error.h:
include/base/str.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/mem.h:
include/mysql/packet.h:
include/mysql/printable.h:
include/mysql/reply.h:
include/mysql/wire.h:
