build-lto/obj/src/state/pending_set.o: src/state/pending_set.c \
 include/state/pending_set.h include/base/str.h include/sql/lexer.h \
 include/state/user_variables.h include/mysql/rows.h include/base/error.h \
 include/state/variables.h include/base/mem.h include/mysql/charset.h \
 include/mysql/sesstrack.h include/sql/setvar.h
include/state/pending_set.h:
include/base/str.h:
include/sql/lexer.h:
include/state/user_variables.h:
include/mysql/rows.h:
include/base/error.h:
include/state/variables.h:
include/base/mem.h:
include/mysql/charset.h:
include/mysql/sesstrack.h:
include/sql/setvar.h:
