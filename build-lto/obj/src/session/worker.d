build-lto/obj/src/session/worker.o: src/session/worker.c \
 include/session/worker.h include/access/limits.h \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/net/addr.h \
 include/access/listener_settings.h include/access/timeout_settings.h \
 include/access/users.h include/access/user_settings.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/base/hash.h include/base/mem.h include/base/counters.h \
 include/base/list.h include/cluster/upstream.h include/cluster/server.h \
 include/base/hist.h include/cluster/permits.h include/net/loop.h \
 include/cluster/server_settings.h include/mysql/rows.h \
 include/mysql/tracker.h include/mysql/command.h include/net/dial.h \
 include/net/stream.h include/net/buf.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/freshness/positions.h include/freshness/global_writes.h \
 include/mysql/gtid.h include/freshness/tbl/position_counters.h \
 include/pool/pool.h include/pool/pool_counters.h \
 include/pool/tbl/pool_counters.h include/prepared/statement_texts.h \
 include/route/replica_failures.h include/route/route.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/session/close_reason.h \
 include/session/tbl/close_reasons.h include/session/hint_counters.h \
 include/session/tbl/hint_counters.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/stats/digests.h \
 include/sql/digest.h include/stats/listener_counters.h \
 include/stats/statement_log.h include/base/line.h include/base/sink.h \
 include/stats/statement_settings.h
include/session/worker.h:
include/access/limits.h:
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/net/addr.h:
include/access/listener_settings.h:
include/access/timeout_settings.h:
include/access/users.h:
include/access/user_settings.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/hash.h:
include/base/mem.h:
include/base/counters.h:
include/base/list.h:
include/cluster/upstream.h:
include/cluster/server.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/cluster/server_settings.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/stream.h:
include/net/buf.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/mysql/tracked.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/freshness/positions.h:
include/freshness/global_writes.h:
include/mysql/gtid.h:
include/freshness/tbl/position_counters.h:
include/pool/pool.h:
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/prepared/statement_texts.h:
include/route/replica_failures.h:
include/route/route.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/session/close_reason.h:
include/session/tbl/close_reasons.h:
include/session/hint_counters.h:
include/session/tbl/hint_counters.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/stats/digests.h:
include/sql/digest.h:
include/stats/listener_counters.h:
include/stats/statement_log.h:
include/base/line.h:
include/base/sink.h:
include/stats/statement_settings.h:
