build-lto/obj/src/cluster/upstream_login.o: src/cluster/upstream_login.c \
 include/cluster/upstream_login.h include/cluster/upstream.h \
 include/base/error.h include/base/list.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/base/str.h include/net/loop.h include/base/mem.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/cluster/upstream_exchange.h \
 include/cluster/upstream_inside.h include/cluster/upstream_setup.h \
 include/mysql/login.h include/mysql/reply.h include/mysql/packet.h \
 include/net/stream_packed.h include/net/frames.h include/net/compress.h
include/cluster/upstream_login.h:
include/cluster/upstream.h:
include/base/error.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
include/settings/schema.h:
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
include/cluster/upstream_exchange.h:
include/cluster/upstream_inside.h:
include/cluster/upstream_setup.h:
include/mysql/login.h:
include/mysql/reply.h:
include/mysql/packet.h:
include/net/stream_packed.h:
include/net/frames.h:
include/net/compress.h:
