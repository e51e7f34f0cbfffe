build-lto/obj/src/pool/usage.o: src/pool/usage.c include/pool/usage.h \
 include/pool/pool.h include/access/timeout_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/access/users.h include/access/limits.h \
 include/access/limit_settings.h include/net/addr.h \
 include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/hash.h \
 include/base/mem.h include/cluster/upstream.h include/base/list.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/net/loop.h \
 include/cluster/server_settings.h include/mysql/rows.h \
 include/mysql/tracker.h include/mysql/command.h include/net/dial.h \
 include/net/stream.h include/net/buf.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/pool/pool_counters.h include/pool/tbl/pool_counters.h \
 include/state/pins.h include/state/tbl/pin_causes.h \
 include/pool/tbl/connection_uses.h include/base/clock.h \
 include/cluster/quota.h
include/pool/usage.h:
include/pool/pool.h:
include/access/timeout_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/access/users.h:
include/access/limits.h:
include/access/limit_settings.h:
include/net/addr.h:
include/access/user_settings.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/hash.h:
include/base/mem.h:
include/cluster/upstream.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
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
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/pool/tbl/connection_uses.h:
include/base/clock.h:
include/cluster/quota.h:
