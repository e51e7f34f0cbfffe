build-lto/obj/src/freshness/position_server.o: \
 src/freshness/position_server.c include/freshness/position_server.h \
 include/cluster/upstream.h include/base/error.h include/base/list.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/base/str.h include/net/loop.h \
 include/base/mem.h include/cluster/server_settings.h \
 include/settings/schema.h include/mysql/auth.h include/mysql/handshake.h \
 include/mysql/caps.h include/mysql/rows.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/freshness/positions.h \
 include/cluster/cluster_settings.h include/freshness/global_writes.h \
 include/mysql/gtid.h include/freshness/tbl/position_counters.h \
 include/freshness/replica_delay.h include/base/log.h \
 include/cluster/upstream_exchange.h include/cluster/view.h \
 include/cluster/outcome.h include/cluster/replication.h \
 include/mysql/tracked.h include/sql/catalog.h include/sql/code_changes.h \
 include/sql/lexer.h include/sql/code_effects.h include/sql/code_names.h \
 include/cluster/wsrep.h
include/freshness/position_server.h:
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
include/freshness/positions.h:
include/cluster/cluster_settings.h:
include/freshness/global_writes.h:
include/mysql/gtid.h:
include/freshness/tbl/position_counters.h:
include/freshness/replica_delay.h:
include/base/log.h:
include/cluster/upstream_exchange.h:
include/cluster/view.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/mysql/tracked.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/cluster/wsrep.h:
