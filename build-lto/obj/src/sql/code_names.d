build-lto/obj/src/sql/code_names.o: src/sql/code_names.c \
 include/sql/code_names.h include/base/str.h
include/sql/code_names.h:
include/base/str.h:
