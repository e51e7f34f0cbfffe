build-lto/obj/src/mysql/stmt.o: src/mysql/stmt.c include/mysql/stmt.h \
 include/base/str.h include/mysql/attributes.h include/mysql/wire.h \
 include/mysql/command.h
include/mysql/stmt.h:
include/base/str.h:
include/mysql/attributes.h:
include/mysql/wire.h:
include/mysql/command.h:
