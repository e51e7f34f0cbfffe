build-lto/obj/src/admin/admin_settings.o: src/admin/admin_settings.c \
 include/admin/admin_settings.h include/mysql/auth.h include/base/error.h \
 include/base/str.h include/mysql/handshake.h include/mysql/caps.h \
 include/settings/schema.h include/access/user_settings.h \
 include/settings/address.h
include/admin/admin_settings.h:
include/mysql/auth.h:
include/base/error.h:
include/base/str.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/settings/schema.h:
include/access/user_settings.h:
include/settings/address.h:
