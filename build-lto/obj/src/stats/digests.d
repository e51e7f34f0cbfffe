build-lto/obj/src/stats/digests.o: src/stats/digests.c \
 include/stats/digests.h include/base/hash.h include/base/mem.h \
 include/base/hist.h include/base/counters.h include/base/str.h \
 include/sql/digest.h include/sql/lexer.h
include/stats/digests.h:
include/base/hash.h:
include/base/mem.h:
include/base/hist.h:
include/base/counters.h:
include/base/str.h:
include/sql/digest.h:
include/sql/lexer.h:
