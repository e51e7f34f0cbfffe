build-lto/obj/src/admin/show_digests.o: src/admin/show_digests.c \
 include/admin/show_digests.h include/admin/command.h \
 include/admin/admin.h include/cluster/cluster.h include/base/error.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/schema.h include/base/str.h include/cluster/events.h \
 include/cluster/lineage.h include/cluster/topology.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/net/loop.h \
 include/base/mem.h include/cluster/wsrep.h include/mysql/rows.h \
 include/cluster/member.h include/cluster/health.h \
 include/cluster/probe.h include/cluster/outcome.h \
 include/cluster/upstream.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/net/resolve.h \
 include/cluster/succession.h include/cluster/survey.h \
 include/sql/routines.h include/cluster/view.h include/proxy/worker.h \
 include/proxy/close_reason.h include/proxy/tbl/close_reasons.h \
 include/proxy/digests.h include/base/hash.h include/sql/digest.h \
 include/sql/lexer.h include/proxy/door_counters.h include/proxy/hints.h \
 include/mysql/gtid_token.h include/mysql/gtid.h include/proxy/route.h \
 include/proxy/listener_settings.h include/sql/classify.h \
 include/sql/tbl/sql_reasons.h include/proxy/tbl/route_reasons.h \
 include/sql/hint.h include/proxy/tbl/hint_counters.h \
 include/proxy/limits.h include/proxy/limit_settings.h \
 include/proxy/pins.h include/proxy/tbl/pin_causes.h \
 include/proxy/pool_counters.h include/proxy/tbl/pool_counters.h \
 include/proxy/refusals.h include/proxy/statement_log.h \
 include/base/line.h include/base/sink.h \
 include/proxy/statement_settings.h include/proxy/texts.h \
 include/proxy/timeout_settings.h include/proxy/users.h \
 include/proxy/user_settings.h include/proxy/watch.h \
 include/proxy/tbl/watch_counters.h include/settings/print.h \
 include/admin/table.h include/base/log.h include/admin/tour.h
include/admin/show_digests.h:
include/admin/command.h:
include/admin/admin.h:
include/cluster/cluster.h:
include/base/error.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/str.h:
include/cluster/events.h:
include/cluster/lineage.h:
include/cluster/topology.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/wsrep.h:
include/mysql/rows.h:
include/cluster/member.h:
include/cluster/health.h:
include/cluster/probe.h:
include/cluster/outcome.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/net/resolve.h:
include/cluster/succession.h:
include/cluster/survey.h:
include/sql/routines.h:
include/cluster/view.h:
include/proxy/worker.h:
include/proxy/close_reason.h:
include/proxy/tbl/close_reasons.h:
include/proxy/digests.h:
include/base/hash.h:
include/sql/digest.h:
include/sql/lexer.h:
include/proxy/door_counters.h:
include/proxy/hints.h:
include/mysql/gtid_token.h:
include/mysql/gtid.h:
include/proxy/route.h:
include/proxy/listener_settings.h:
include/sql/classify.h:
include/sql/tbl/sql_reasons.h:
include/proxy/tbl/route_reasons.h:
include/sql/hint.h:
include/proxy/tbl/hint_counters.h:
include/proxy/limits.h:
include/proxy/limit_settings.h:
include/proxy/pins.h:
include/proxy/tbl/pin_causes.h:
include/proxy/pool_counters.h:
include/proxy/tbl/pool_counters.h:
include/proxy/refusals.h:
include/proxy/statement_log.h:
include/base/line.h:
include/base/sink.h:
include/proxy/statement_settings.h:
include/proxy/texts.h:
include/proxy/timeout_settings.h:
include/proxy/users.h:
include/proxy/user_settings.h:
include/proxy/watch.h:
include/proxy/tbl/watch_counters.h:
include/settings/print.h:
include/admin/table.h:
include/base/log.h:
include/admin/tour.h:
