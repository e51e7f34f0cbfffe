build-lto/obj/src/ctl/frame.o: src/ctl/frame.c include/ctl/frame.h \
 include/base/str.h include/ctl/sheet.h include/base/error.h
include/ctl/frame.h:
include/base/str.h:
include/ctl/sheet.h:
include/base/error.h:
