build-lto/obj/src/ctl/sheet.o: src/ctl/sheet.c include/ctl/sheet.h \
 include/base/error.h include/base/str.h
include/ctl/sheet.h:
include/base/error.h:
include/base/str.h:
