build-lto/obj/src/app/config.o: src/app/config.c include/app/config.h \
 include/admin/admin_settings.h include/mysql/auth.h include/base/error.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/settings/schema.h include/admin/http_settings.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/proxy/limit_settings.h include/proxy/listener_settings.h \
 include/proxy/statement_settings.h include/proxy/timeout_settings.h \
 include/proxy/user_settings.h include/settings/print.h \
 include/base/log.h include/base/mem.h include/net/addr.h \
 include/settings/address.h include/settings/file.h \
 include/settings/report.h include/settings/manual.h \
 include/settings/reference.h
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
include/base/log.h:
include/base/mem.h:
include/net/addr.h:
include/settings/address.h:
include/settings/file.h:
include/settings/report.h:
include/settings/manual.h:
include/settings/reference.h:
