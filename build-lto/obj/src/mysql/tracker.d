build-lto/obj/src/mysql/tracker.o: src/mysql/tracker.c \
 include/mysql/tracker.h include/base/str.h include/mysql/command.h \
 include/mysql/caps.h include/mysql/packet.h include/mysql/reply.h \
 include/base/error.h include/mysql/wire.h
include/mysql/tracker.h:
include/base/str.h:
include/mysql/command.h:
include/mysql/caps.h:
include/mysql/packet.h:
include/mysql/reply.h:
include/base/error.h:
include/mysql/wire.h:
