build-lto/obj/src/freshness/global_writes.o: \
 src/freshness/global_writes.c include/freshness/global_writes.h \
 include/mysql/gtid.h include/base/str.h include/mysql/handshake.h \
 include/mysql/caps.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/schema.h include/base/error.h include/cluster/outcome.h \
 include/cluster/replication.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/base/list.h include/net/loop.h include/base/mem.h \
 include/mysql/tracked.h include/net/addr.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/freshness/consistency.h include/base/log.h \
 include/freshness/positions.h include/freshness/tbl/position_counters.h \
 include/sql/hint.h include/state/job.h include/mysql/command.h \
 include/mysql/packet.h include/route/route.h \
 include/access/listener_settings.h include/sql/classify.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/state/slot.h \
 include/cluster/upstream.h include/mysql/auth.h include/mysql/rows.h \
 include/mysql/tracker.h include/net/dial.h include/net/stream.h \
 include/net/buf.h include/freshness/written.h include/mysql/reply.h
include/freshness/global_writes.h:
include/mysql/gtid.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/net/loop.h:
include/base/mem.h:
include/mysql/tracked.h:
include/net/addr.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/freshness/consistency.h:
include/base/log.h:
include/freshness/positions.h:
include/freshness/tbl/position_counters.h:
include/sql/hint.h:
include/state/job.h:
include/mysql/command.h:
include/mysql/packet.h:
include/route/route.h:
include/access/listener_settings.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/net/dial.h:
include/net/stream.h:
include/net/buf.h:
include/freshness/written.h:
include/mysql/reply.h:
