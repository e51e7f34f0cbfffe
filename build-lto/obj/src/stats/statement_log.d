build-lto/obj/src/stats/statement_log.o: src/stats/statement_log.c \
 include/stats/statement_log.h include/base/line.h include/base/str.h \
 include/base/sink.h include/base/error.h \
 include/stats/statement_settings.h include/settings/schema.h \
 include/base/log.h
include/stats/statement_log.h:
include/base/line.h:
include/base/str.h:
include/base/sink.h:
include/base/error.h:
include/stats/statement_settings.h:
include/settings/schema.h:
include/base/log.h:
