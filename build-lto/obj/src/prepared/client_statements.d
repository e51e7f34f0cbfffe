build-lto/obj/src/prepared/client_statements.o: \
 src/prepared/client_statements.c include/prepared/client_statements.h \
 include/base/hash.h include/base/mem.h include/base/str.h \
 include/prepared/statement_texts.h include/base/list.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/sql/lexer.h include/state/pins.h include/base/counters.h \
 include/state/tbl/pin_causes.h include/state/slot.h \
 include/cluster/upstream.h include/base/error.h include/cluster/server.h \
 include/base/hist.h include/cluster/permits.h include/net/loop.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/route/route.h \
 include/access/listener_settings.h include/route/tbl/route_reasons.h \
 include/state/variables.h include/mysql/stmt.h \
 include/mysql/attributes.h include/mysql/wire.h \
 include/state/parse_context.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/code_effects.h \
 include/sql/code_names.h
include/prepared/client_statements.h:
include/base/hash.h:
include/base/mem.h:
include/base/str.h:
include/prepared/statement_texts.h:
include/base/list.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/state/pins.h:
include/base/counters.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/cluster/upstream.h:
include/base/error.h:
include/cluster/server.h:
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
include/route/route.h:
include/access/listener_settings.h:
include/route/tbl/route_reasons.h:
include/state/variables.h:
include/mysql/stmt.h:
include/mysql/attributes.h:
include/mysql/wire.h:
include/state/parse_context.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
