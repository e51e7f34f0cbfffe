build-lto/obj/src/admin/http_settings.o: src/admin/http_settings.c \
 include/admin/http_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/net/addr.h \
 include/settings/address.h
include/admin/http_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/net/addr.h:
include/settings/address.h:
