build-lto/obj/src/access/timeout_settings.o: \
 src/access/timeout_settings.c include/access/timeout_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h
include/access/timeout_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
