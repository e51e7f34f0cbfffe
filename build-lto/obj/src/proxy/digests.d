build-lto/obj/src/proxy/digests.o: src/proxy/digests.c \
 include/proxy/digests.h include/base/hash.h include/base/mem.h \
 include/base/hist.h include/base/counters.h include/base/str.h \
 include/sql/digest.h include/sql/lexer.h
include/proxy/digests.h:
include/base/hash.h:
include/base/mem.h:
include/base/hist.h:
include/base/counters.h:
include/base/str.h:
include/sql/digest.h:
include/sql/lexer.h:
