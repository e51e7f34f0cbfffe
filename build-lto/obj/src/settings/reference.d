build-lto/obj/src/settings/reference.o: src/settings/reference.c \
 include/settings/reference.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/base/clock.h \
 include/settings/print.h include/settings/size.h
include/settings/reference.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/base/clock.h:
include/settings/print.h:
include/settings/size.h:
