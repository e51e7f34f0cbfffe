build-lto/obj/src/admin/table_mysql.o: src/admin/table_mysql.c \
 include/admin/table_mysql.h include/admin/table.h include/base/str.h \
 include/mysql/resultset.h
include/admin/table_mysql.h:
include/admin/table.h:
include/base/str.h:
include/mysql/resultset.h:
