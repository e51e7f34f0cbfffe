build-lto/obj/src/cluster/server_settings.o: \
 src/cluster/server_settings.c include/cluster/server_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/settings/address.h
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/settings/address.h:
