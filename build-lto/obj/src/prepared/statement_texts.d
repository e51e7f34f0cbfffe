build-lto/obj/src/prepared/statement_texts.o: \
 src/prepared/statement_texts.c include/prepared/statement_texts.h \
 include/base/hash.h include/base/mem.h include/base/list.h \
 include/base/str.h
include/prepared/statement_texts.h:
include/base/hash.h:
include/base/mem.h:
include/base/list.h:
include/base/str.h:
