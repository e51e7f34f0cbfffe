build-lto/obj/src/settings/roff.o: src/settings/roff.c \
 include/settings/roff.h include/base/str.h
include/settings/roff.h:
include/base/str.h:
