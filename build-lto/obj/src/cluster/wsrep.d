build-lto/obj/src/cluster/wsrep.o: src/cluster/wsrep.c \
 include/cluster/wsrep.h include/mysql/rows.h include/base/error.h \
 include/base/str.h
include/cluster/wsrep.h:
include/mysql/rows.h:
include/base/error.h:
include/base/str.h:
