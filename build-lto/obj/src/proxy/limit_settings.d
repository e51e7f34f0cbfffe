build-lto/obj/src/proxy/limit_settings.o: src/proxy/limit_settings.c \
 include/proxy/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h
include/proxy/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
