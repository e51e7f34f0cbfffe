build-lto/obj/src/ctl/link.o: src/ctl/link.c include/ctl/link.h \
 include/base/error.h include/base/str.h include/ctl/sheet.h \
 include/ctl/line.h
include/ctl/link.h:
include/base/error.h:
include/base/str.h:
include/ctl/sheet.h:
include/ctl/line.h:
