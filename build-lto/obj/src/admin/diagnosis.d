build-lto/obj/src/admin/diagnosis.o: src/admin/diagnosis.c \
 include/admin/diagnosis.h include/access/timeout_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/admin/table.h include/cluster/checkup.h \
 include/cluster/upstream.h include/base/list.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/net/loop.h include/base/mem.h include/cluster/server_settings.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/cluster/cluster_settings.h \
 include/cluster/wsrep.h include/base/clock.h
include/admin/diagnosis.h:
include/access/timeout_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/admin/table.h:
include/cluster/checkup.h:
include/cluster/upstream.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
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
include/cluster/cluster_settings.h:
include/cluster/wsrep.h:
include/base/clock.h:
