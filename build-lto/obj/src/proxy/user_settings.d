build-lto/obj/src/proxy/user_settings.o: src/proxy/user_settings.c \
 include/proxy/user_settings.h include/mysql/auth.h include/base/error.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/settings/schema.h include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/proxy/limit_settings.h
include/proxy/user_settings.h:
include/mysql/auth.h:
include/base/error.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/settings/schema.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/proxy/limit_settings.h:
