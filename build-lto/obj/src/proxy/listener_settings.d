build-lto/obj/src/proxy/listener_settings.o: \
 src/proxy/listener_settings.c include/proxy/listener_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/proxy/limit_settings.h include/settings/address.h
include/proxy/listener_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/proxy/limit_settings.h:
include/settings/address.h:
