build-lto/obj/src/admin/table_json.o: src/admin/table_json.c \
 include/admin/table_json.h include/admin/table.h include/base/str.h
include/admin/table_json.h:
include/admin/table.h:
include/base/str.h:
