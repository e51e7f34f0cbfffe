build-lto/obj/src/cluster/cluster_settings.o: \
 src/cluster/cluster_settings.c include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
