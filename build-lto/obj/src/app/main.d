build-lto/obj/src/app/main.o: src/app/main.c include/app/config.h \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h \
 include/access/listener_settings.h include/access/timeout_settings.h \
 include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h \
 include/admin/admin_settings.h include/admin/http_settings.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/print.h include/stats/statement_settings.h \
 include/app/control.h include/app/options.h include/app/connect_check.h \
 include/base/log.h include/net/descriptors.h
include/app/config.h:
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/access/listener_settings.h:
include/access/timeout_settings.h:
include/access/user_settings.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/admin/admin_settings.h:
include/admin/http_settings.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/print.h:
include/stats/statement_settings.h:
include/app/control.h:
include/app/options.h:
include/app/connect_check.h:
include/base/log.h:
include/net/descriptors.h:
