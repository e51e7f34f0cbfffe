build-lto/obj/src/cluster/server.o: src/cluster/server.c \
 include/cluster/server.h include/base/counters.h include/base/error.h \
 include/base/hist.h include/cluster/permits.h include/base/list.h \
 include/base/str.h include/net/loop.h include/base/mem.h \
 include/cluster/server_settings.h include/settings/schema.h
include/cluster/server.h:
include/base/counters.h:
include/base/error.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
include/settings/schema.h:
