build-lto/obj/src/settings/report.o: src/settings/report.c \
 include/settings/report.h include/base/str.h
include/settings/report.h:
include/base/str.h:
