build-lto/obj/src/settings/manual.o: src/settings/manual.c \
 include/settings/manual.h include/settings/schema.h include/base/error.h \
 include/base/str.h include/settings/print.h include/settings/reference.h \
 include/settings/roff.h
include/settings/manual.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/settings/print.h:
include/settings/reference.h:
include/settings/roff.h:
