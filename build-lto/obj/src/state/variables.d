build-lto/obj/src/state/variables.o: src/state/variables.c \
 include/state/variables.h include/base/str.h include/base/mem.h
include/state/variables.h:
include/base/str.h:
include/base/mem.h:
