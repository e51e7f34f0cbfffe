build-lto/obj/src/app/main.o: src/app/main.c include/app/config.h \
 include/admin/admin_settings.h include/mysql/auth.h include/base/error.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/settings/schema.h include/admin/http_settings.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/proxy/limit_settings.h include/proxy/listener_settings.h \
 include/proxy/statement_settings.h include/proxy/timeout_settings.h \
 include/proxy/user_settings.h include/settings/print.h \
 include/app/control.h include/app/options.h include/base/log.h \
 include/net/descriptors.h
include/app/config.h:
include/admin/admin_settings.h:
include/mysql/auth.h:
include/base/error.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/settings/schema.h:
include/admin/http_settings.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/proxy/limit_settings.h:
include/proxy/listener_settings.h:
include/proxy/statement_settings.h:
include/proxy/timeout_settings.h:
include/proxy/user_settings.h:
include/settings/print.h:
include/app/control.h:
include/app/options.h:
include/base/log.h:
include/net/descriptors.h:
