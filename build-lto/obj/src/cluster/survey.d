build-lto/obj/src/cluster/survey.o: src/cluster/survey.c \
 include/cluster/survey.h include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/cluster/survey_lists.h \
 include/mysql/handshake.h include/mysql/caps.h \
 include/cluster/upstream.h include/base/list.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/net/loop.h include/base/mem.h include/mysql/auth.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/sql/catalog_draft.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/cluster/upstream_exchange.h
include/cluster/survey.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/cluster/survey_lists.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/cluster/upstream.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/base/mem.h:
include/mysql/auth.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/sql/catalog_draft.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/cluster/upstream_exchange.h:
