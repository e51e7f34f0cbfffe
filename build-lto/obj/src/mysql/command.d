build-lto/obj/src/mysql/command.o: src/mysql/command.c \
 include/mysql/command.h include/mysql/reply.h include/base/error.h \
 include/base/str.h include/mysql/packet.h
include/mysql/command.h:
include/mysql/reply.h:
include/base/error.h:
include/base/str.h:
include/mysql/packet.h:
