build-lto/obj/src/state/parse_context.o: src/state/parse_context.c \
 include/state/parse_context.h include/base/str.h \
 include/mysql/handshake.h include/mysql/caps.h include/state/slot.h \
 include/cluster/upstream.h include/base/error.h include/base/list.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/net/loop.h include/base/mem.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/mysql/auth.h include/mysql/rows.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/route/route.h \
 include/access/listener_settings.h include/sql/classify.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h include/sql/lexer.h \
 include/route/tbl/route_reasons.h include/state/variables.h
include/state/parse_context.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/state/slot.h:
include/cluster/upstream.h:
include/base/error.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/mysql/auth.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/route/route.h:
include/access/listener_settings.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/route/tbl/route_reasons.h:
include/state/variables.h:
