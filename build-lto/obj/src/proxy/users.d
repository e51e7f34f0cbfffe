build-lto/obj/src/proxy/users.o: src/proxy/users.c include/proxy/users.h \
 include/base/error.h include/base/hash.h include/base/mem.h \
 include/mysql/auth.h include/base/str.h include/mysql/handshake.h \
 include/mysql/caps.h include/proxy/limits.h include/net/addr.h \
 include/proxy/limit_settings.h include/settings/schema.h \
 include/proxy/user_settings.h
include/proxy/users.h:
include/base/error.h:
include/base/hash.h:
include/base/mem.h:
include/mysql/auth.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/proxy/limits.h:
include/net/addr.h:
include/proxy/limit_settings.h:
include/settings/schema.h:
include/proxy/user_settings.h:
