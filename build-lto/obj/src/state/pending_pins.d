build-lto/obj/src/state/pending_pins.o: src/state/pending_pins.c \
 include/state/pending_pins.h include/base/str.h include/sql/lexer.h \
 include/state/pins.h include/base/counters.h \
 include/state/tbl/pin_causes.h include/base/mem.h include/sql/holds.h \
 include/sql/reader.h include/sql/keywords.h \
 include/sql/tbl/sql_keywords.h include/sql/unquote.h
include/state/pending_pins.h:
include/base/str.h:
include/sql/lexer.h:
include/state/pins.h:
include/base/counters.h:
include/state/tbl/pin_causes.h:
include/base/mem.h:
include/sql/holds.h:
include/sql/reader.h:
include/sql/keywords.h:
include/sql/tbl/sql_keywords.h:
include/sql/unquote.h:
