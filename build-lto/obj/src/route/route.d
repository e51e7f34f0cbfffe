build-lto/obj/src/route/route.o: src/route/route.c include/route/route.h \
 include/access/listener_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/sql/classify.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h include/sql/lexer.h \
 include/route/tbl/route_reasons.h
include/route/route.h:
include/access/listener_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/route/tbl/route_reasons.h:
