build-lto/obj/src/cluster/quota.o: src/cluster/quota.c \
 include/cluster/quota.h include/base/error.h include/cluster/permits.h \
 include/base/counters.h include/base/list.h include/base/str.h \
 include/net/loop.h include/base/mem.h include/cluster/server.h \
 include/base/hist.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/upstream.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/base/clock.h include/mysql/reply.h \
 include/mysql/packet.h
include/cluster/quota.h:
include/base/error.h:
include/cluster/permits.h:
include/base/counters.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server.h:
include/base/hist.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/base/clock.h:
include/mysql/reply.h:
include/mysql/packet.h:
