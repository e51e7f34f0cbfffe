build-lto/obj/src/settings/print.o: src/settings/print.c \
 include/settings/print.h include/settings/schema.h include/base/error.h \
 include/base/str.h include/base/clock.h include/settings/size.h
include/settings/print.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/base/clock.h:
include/settings/size.h:
