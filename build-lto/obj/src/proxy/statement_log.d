build-lto/obj/src/proxy/statement_log.o: src/proxy/statement_log.c \
 include/proxy/statement_log.h include/base/line.h include/base/str.h \
 include/base/sink.h include/base/error.h \
 include/proxy/statement_settings.h include/settings/schema.h \
 include/base/log.h
include/proxy/statement_log.h:
include/base/line.h:
include/base/str.h:
include/base/sink.h:
include/base/error.h:
include/proxy/statement_settings.h:
include/settings/schema.h:
include/base/log.h:
