build-lto/obj/src/app/config.o: src/app/config.c include/app/config.h \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h \
 include/access/listener_settings.h include/access/timeout_settings.h \
 include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h \
 include/admin/admin_settings.h include/admin/http_settings.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/print.h include/stats/statement_settings.h \
 include/base/log.h include/base/mem.h include/net/addr.h \
 include/settings/address.h include/settings/file.h \
 include/settings/report.h include/settings/manual.h \
 include/settings/reference.h
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
include/base/log.h:
include/base/mem.h:
include/net/addr.h:
include/settings/address.h:
include/settings/file.h:
include/settings/report.h:
include/settings/manual.h:
include/settings/reference.h:
