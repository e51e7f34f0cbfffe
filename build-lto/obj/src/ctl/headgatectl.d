build-lto/obj/src/ctl/headgatectl.o: src/ctl/headgatectl.c \
 include/ctl/answer.h include/base/error.h include/base/str.h \
 include/ctl/link.h include/ctl/sheet.h include/ctl/prompt.h \
 include/ctl/top.h
include/ctl/answer.h:
include/base/error.h:
include/base/str.h:
include/ctl/link.h:
include/ctl/sheet.h:
include/ctl/prompt.h:
include/ctl/top.h:
