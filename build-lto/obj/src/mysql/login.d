build-lto/obj/src/mysql/login.o: src/mysql/login.c include/mysql/login.h \
 include/base/error.h include/base/str.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/mysql/reply.h \
 include/mysql/packet.h include/mysql/printable.h include/mysql/wire.h
include/mysql/login.h:
include/base/error.h:
include/base/str.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/reply.h:
include/mysql/packet.h:
include/mysql/printable.h:
include/mysql/wire.h:
