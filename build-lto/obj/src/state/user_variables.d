build-lto/obj/src/state/user_variables.o: src/state/user_variables.c \
 include/state/user_variables.h include/base/str.h include/mysql/rows.h \
 include/base/error.h include/base/mem.h
include/state/user_variables.h:
include/base/str.h:
include/mysql/rows.h:
include/base/error.h:
include/base/mem.h:
