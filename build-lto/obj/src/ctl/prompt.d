build-lto/obj/src/ctl/prompt.o: src/ctl/prompt.c include/ctl/prompt.h \
 include/ctl/link.h include/base/error.h include/base/str.h \
 include/ctl/sheet.h include/ctl/answer.h include/ctl/line.h \
 include/ctl/completion.h include/ctl/top.h
include/ctl/prompt.h:
include/ctl/link.h:
include/base/error.h:
include/base/str.h:
include/ctl/sheet.h:
include/ctl/answer.h:
include/ctl/line.h:
include/ctl/completion.h:
include/ctl/top.h:
