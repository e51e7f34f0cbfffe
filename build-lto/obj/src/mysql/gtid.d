build-lto/obj/src/mysql/gtid.o: src/mysql/gtid.c include/mysql/gtid.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/base/mem.h
include/mysql/gtid.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/mem.h:
