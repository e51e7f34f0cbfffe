build-lto/obj/src/settings/source.o: src/settings/source.c \
 include/settings/source.h include/base/error.h include/settings/report.h \
 include/base/str.h include/base/mem.h include/settings/scan.h
include/settings/source.h:
include/base/error.h:
include/settings/report.h:
include/base/str.h:
include/base/mem.h:
include/settings/scan.h:
