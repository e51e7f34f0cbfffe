build-lto/obj/src/sql/facts.o: src/sql/facts.c include/sql/facts.h \
 include/base/str.h include/sql/tbl/sql_reasons.h \
 include/sql/code_effects.h
include/sql/facts.h:
include/base/str.h:
include/sql/tbl/sql_reasons.h:
include/sql/code_effects.h:
