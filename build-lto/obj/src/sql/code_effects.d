build-lto/obj/src/sql/code_effects.o: src/sql/code_effects.c \
 include/sql/code_effects.h
include/sql/code_effects.h:
