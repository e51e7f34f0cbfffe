build-lto/obj/src/proxy/timeout_settings.o: src/proxy/timeout_settings.c \
 include/proxy/timeout_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h
include/proxy/timeout_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
