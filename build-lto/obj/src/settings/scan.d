build-lto/obj/src/settings/scan.o: src/settings/scan.c \
 include/settings/scan.h include/base/str.h
include/settings/scan.h:
include/base/str.h:
