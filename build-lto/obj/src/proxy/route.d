build-lto/obj/src/proxy/route.o: src/proxy/route.c include/proxy/route.h \
 include/proxy/listener_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/sql/classify.h \
 include/sql/lexer.h include/sql/tbl/sql_reasons.h \
 include/proxy/tbl/route_reasons.h
include/proxy/route.h:
include/proxy/listener_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/sql/classify.h:
include/sql/lexer.h:
include/sql/tbl/sql_reasons.h:
include/proxy/tbl/route_reasons.h:
