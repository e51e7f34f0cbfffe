build-lto/obj/src/access/users.o: src/access/users.c \
 include/access/users.h include/access/limits.h \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/net/addr.h \
 include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/hash.h \
 include/base/mem.h
include/access/users.h:
include/access/limits.h:
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/net/addr.h:
include/access/user_settings.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/hash.h:
include/base/mem.h:
