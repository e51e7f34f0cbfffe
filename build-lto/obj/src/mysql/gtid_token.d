build-lto/obj/src/mysql/gtid_token.o: src/mysql/gtid_token.c \
 include/mysql/gtid_token.h include/mysql/gtid.h include/base/str.h \
 include/mysql/handshake.h include/mysql/caps.h
include/mysql/gtid_token.h:
include/mysql/gtid.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
