build-lto/obj/src/freshness/written.o: src/freshness/written.c \
 include/freshness/written.h include/mysql/gtid.h include/base/str.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/mem.h
include/freshness/written.h:
include/mysql/gtid.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/mem.h:
