build-lto/obj/src/proxy/changes.o: src/proxy/changes.c \
 include/proxy/changes.h include/base/str.h include/proxy/uservars.h \
 include/mysql/rows.h include/base/error.h include/proxy/vars.h \
 include/sql/lexer.h include/base/mem.h include/mysql/sesstrack.h \
 include/sql/setvar.h
include/proxy/changes.h:
include/base/str.h:
include/proxy/uservars.h:
include/mysql/rows.h:
include/base/error.h:
include/proxy/vars.h:
include/sql/lexer.h:
include/base/mem.h:
include/mysql/sesstrack.h:
include/sql/setvar.h:
