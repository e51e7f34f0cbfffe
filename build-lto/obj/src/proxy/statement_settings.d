build-lto/obj/src/proxy/statement_settings.o: \
 src/proxy/statement_settings.c include/proxy/statement_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/base/log.h include/proxy/limit_settings.h
include/proxy/statement_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/base/log.h:
include/proxy/limit_settings.h:
