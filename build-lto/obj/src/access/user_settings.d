build-lto/obj/src/access/user_settings.o: src/access/user_settings.c \
 include/access/user_settings.h include/mysql/auth.h include/base/error.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/settings/schema.h include/access/limit_settings.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h
include/access/user_settings.h:
include/mysql/auth.h:
include/base/error.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/settings/schema.h:
include/access/limit_settings.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
