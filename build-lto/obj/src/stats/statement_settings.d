build-lto/obj/src/stats/statement_settings.o: \
 src/stats/statement_settings.c include/stats/statement_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/access/limit_settings.h include/base/log.h
include/stats/statement_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/access/limit_settings.h:
include/base/log.h:
