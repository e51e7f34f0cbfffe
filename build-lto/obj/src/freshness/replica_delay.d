build-lto/obj/src/freshness/replica_delay.o: \
 src/freshness/replica_delay.c include/freshness/replica_delay.h \
 include/mysql/gtid.h include/base/str.h include/mysql/handshake.h \
 include/mysql/caps.h
include/freshness/replica_delay.h:
include/mysql/gtid.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
