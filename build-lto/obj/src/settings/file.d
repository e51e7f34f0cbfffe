build-lto/obj/src/settings/file.o: src/settings/file.c \
 include/settings/file.h include/settings/report.h include/base/str.h \
 include/settings/schema.h include/base/error.h include/base/mem.h \
 include/settings/source.h
include/settings/file.h:
include/settings/report.h:
include/base/str.h:
include/settings/schema.h:
include/base/error.h:
include/base/mem.h:
include/settings/source.h:
