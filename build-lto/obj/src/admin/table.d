build-lto/obj/src/admin/table.o: src/admin/table.c include/admin/table.h \
 include/base/str.h include/base/mem.h
include/admin/table.h:
include/base/str.h:
include/base/mem.h:
