build-lto/obj/src/sql/traces.o: src/sql/traces.c include/sql/traces.h \
 include/base/str.h include/sql/words.h include/sql/tbl/sql_trace_words.h
include/sql/traces.h:
include/base/str.h:
include/sql/words.h:
include/sql/tbl/sql_trace_words.h:
