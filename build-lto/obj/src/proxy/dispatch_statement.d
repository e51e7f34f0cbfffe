build-lto/obj/src/proxy/dispatch_statement.o: \
 src/proxy/dispatch_statement.c include/proxy/dispatch_inside.h \
 include/proxy/session.h include/base/hash.h include/base/mem.h \
 include/base/list.h include/base/log.h include/base/str.h \
 include/cluster/upstream.h include/base/error.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/net/loop.h include/cluster/server_settings.h \
 include/settings/schema.h include/mysql/auth.h include/mysql/handshake.h \
 include/mysql/caps.h include/mysql/rows.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/mysql/admit.h \
 include/mysql/attributes.h include/mysql/wire.h include/mysql/packet.h \
 include/proxy/consistency.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/sql/routines.h \
 include/mysql/gtid_token.h include/mysql/gtid.h \
 include/mysql/sesstrack.h include/sql/hint.h include/sql/lexer.h \
 include/proxy/draws.h include/proxy/job.h include/proxy/route.h \
 include/proxy/listener_settings.h include/sql/classify.h \
 include/sql/tbl/sql_reasons.h include/proxy/tbl/route_reasons.h \
 include/proxy/pins.h include/proxy/tbl/pin_causes.h \
 include/proxy/prepared.h include/proxy/texts.h include/proxy/slot.h \
 include/proxy/users.h include/proxy/limits.h \
 include/proxy/limit_settings.h include/proxy/user_settings.h \
 include/proxy/uservars.h include/proxy/vars.h include/proxy/worker.h \
 include/proxy/close_reason.h include/proxy/tbl/close_reasons.h \
 include/proxy/digests.h include/sql/digest.h \
 include/proxy/door_counters.h include/proxy/hints.h \
 include/proxy/tbl/hint_counters.h include/proxy/pool_counters.h \
 include/proxy/tbl/pool_counters.h include/proxy/refusals.h \
 include/proxy/statement_log.h include/base/line.h include/base/sink.h \
 include/proxy/statement_settings.h include/proxy/timeout_settings.h \
 include/proxy/watch.h include/proxy/tbl/watch_counters.h \
 include/proxy/tbl/session_states.h include/mysql/reply.h \
 include/proxy/account.h include/proxy/carry.h include/proxy/dispatch.h \
 include/proxy/effects.h include/proxy/intent.h include/proxy/kill.h
include/proxy/dispatch_inside.h:
include/proxy/session.h:
include/base/hash.h:
include/base/mem.h:
include/base/list.h:
include/base/log.h:
include/base/str.h:
include/cluster/upstream.h:
include/base/error.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
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
include/mysql/admit.h:
include/mysql/attributes.h:
include/mysql/wire.h:
include/mysql/packet.h:
include/proxy/consistency.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/sql/routines.h:
include/mysql/gtid_token.h:
include/mysql/gtid.h:
include/mysql/sesstrack.h:
include/sql/hint.h:
include/sql/lexer.h:
include/proxy/draws.h:
include/proxy/job.h:
include/proxy/route.h:
include/proxy/listener_settings.h:
include/sql/classify.h:
include/sql/tbl/sql_reasons.h:
include/proxy/tbl/route_reasons.h:
include/proxy/pins.h:
include/proxy/tbl/pin_causes.h:
include/proxy/prepared.h:
include/proxy/texts.h:
include/proxy/slot.h:
include/proxy/users.h:
include/proxy/limits.h:
include/proxy/limit_settings.h:
include/proxy/user_settings.h:
include/proxy/uservars.h:
include/proxy/vars.h:
include/proxy/worker.h:
include/proxy/close_reason.h:
include/proxy/tbl/close_reasons.h:
include/proxy/digests.h:
include/sql/digest.h:
include/proxy/door_counters.h:
include/proxy/hints.h:
include/proxy/tbl/hint_counters.h:
include/proxy/pool_counters.h:
include/proxy/tbl/pool_counters.h:
include/proxy/refusals.h:
include/proxy/statement_log.h:
include/base/line.h:
include/base/sink.h:
include/proxy/statement_settings.h:
include/proxy/timeout_settings.h:
include/proxy/watch.h:
include/proxy/tbl/watch_counters.h:
include/proxy/tbl/session_states.h:
include/mysql/reply.h:
include/proxy/account.h:
include/proxy/carry.h:
include/proxy/dispatch.h:
include/proxy/effects.h:
include/proxy/intent.h:
include/proxy/kill.h:
