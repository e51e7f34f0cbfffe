build-lto/obj/src/access/listener_settings.o: \
 src/access/listener_settings.c include/access/listener_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/access/limit_settings.h include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/net/compress.h \
 include/settings/address.h
include/access/listener_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/access/limit_settings.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/net/compress.h:
include/settings/address.h:
