build-lto/obj/src/cluster/outcome.o: src/cluster/outcome.c \
 include/cluster/outcome.h include/mysql/reply.h include/base/error.h \
 include/base/str.h include/mysql/packet.h
include/cluster/outcome.h:
include/mysql/reply.h:
include/base/error.h:
include/base/str.h:
include/mysql/packet.h:
