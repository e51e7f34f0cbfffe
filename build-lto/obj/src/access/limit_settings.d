build-lto/obj/src/access/limit_settings.o: src/access/limit_settings.c \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
