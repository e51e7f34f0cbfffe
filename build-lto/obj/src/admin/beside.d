build-lto/obj/src/admin/beside.o: src/admin/beside.c \
 include/admin/beside.h include/base/error.h include/base/str.h \
 include/proxy/hints.h include/base/counters.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/server.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/net/loop.h \
 include/base/mem.h include/mysql/handshake.h include/mysql/caps.h \
 include/net/addr.h include/sql/routines.h include/mysql/gtid_token.h \
 include/mysql/gtid.h include/proxy/route.h \
 include/proxy/listener_settings.h include/sql/classify.h \
 include/sql/lexer.h include/sql/tbl/sql_reasons.h \
 include/proxy/tbl/route_reasons.h include/sql/hint.h \
 include/proxy/tbl/hint_counters.h
include/admin/beside.h:
include/base/error.h:
include/base/str.h:
include/proxy/hints.h:
include/base/counters.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/cluster/server.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/net/loop.h:
include/base/mem.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/net/addr.h:
include/sql/routines.h:
include/mysql/gtid_token.h:
include/mysql/gtid.h:
include/proxy/route.h:
include/proxy/listener_settings.h:
include/sql/classify.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/proxy/tbl/route_reasons.h:
include/sql/hint.h:
include/proxy/tbl/hint_counters.h:
