build-lto/obj/src/ctl/top.o: src/ctl/top.c include/ctl/top.h \
 include/ctl/link.h include/base/error.h include/base/str.h \
 include/ctl/sheet.h include/base/clock.h include/ctl/answer.h \
 include/ctl/frame.h include/ctl/terminal.h
include/ctl/top.h:
include/ctl/link.h:
include/base/error.h:
include/base/str.h:
include/ctl/sheet.h:
include/base/clock.h:
include/ctl/answer.h:
include/ctl/frame.h:
include/ctl/terminal.h:
