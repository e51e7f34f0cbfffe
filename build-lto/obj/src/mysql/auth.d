build-lto/obj/src/mysql/auth.o: src/mysql/auth.c include/mysql/auth.h \
 include/base/error.h include/base/str.h include/mysql/handshake.h \
 include/mysql/caps.h
include/mysql/auth.h:
include/base/error.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
