build-lto/obj/src/route/replica_failures.o: src/route/replica_failures.c \
 include/route/replica_failures.h include/mysql/reply.h \
 include/base/error.h include/base/str.h include/mysql/packet.h
include/route/replica_failures.h:
include/mysql/reply.h:
include/base/error.h:
include/base/str.h:
include/mysql/packet.h:
