build-lto/obj/src/mysql/handshake.o: src/mysql/handshake.c \
 include/mysql/handshake.h include/base/str.h include/mysql/caps.h \
 include/mysql/command.h include/mysql/packet.h include/mysql/wire.h
include/mysql/handshake.h:
include/base/str.h:
include/mysql/caps.h:
include/mysql/command.h:
include/mysql/packet.h:
include/mysql/wire.h:
