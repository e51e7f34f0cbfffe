build-lto/obj/src/mysql/packet.o: src/mysql/packet.c \
 include/mysql/packet.h include/base/str.h include/mysql/wire.h
include/mysql/packet.h:
include/base/str.h:
include/mysql/wire.h:
