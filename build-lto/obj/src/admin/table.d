build-lto/obj/src/admin/table.o: src/admin/table.c include/admin/table.h \
 include/base/str.h include/admin/table_cell.h include/base/mem.h
include/admin/table.h:
include/base/str.h:
include/admin/table_cell.h:
include/base/mem.h:
