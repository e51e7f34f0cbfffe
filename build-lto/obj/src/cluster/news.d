build-lto/obj/src/cluster/news.o: src/cluster/news.c \
 include/cluster/news.h include/cluster/events.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/net/loop.h \
 include/base/mem.h include/mysql/handshake.h include/mysql/caps.h \
 include/net/addr.h include/sql/routines.h include/base/clock.h \
 include/base/log.h
include/cluster/news.h:
include/cluster/events.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/net/loop.h:
include/base/mem.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/net/addr.h:
include/sql/routines.h:
include/base/clock.h:
include/base/log.h:
