build-lto/obj/src/state/explain_effects.o: src/state/explain_effects.c \
 include/state/explain_effects.h include/sql/classify.h \
 include/base/str.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/sql/lexer.h include/sql/setvar.h include/state/pending_pins.h \
 include/state/pins.h include/base/counters.h \
 include/state/tbl/pin_causes.h include/state/pending_set.h \
 include/state/user_variables.h include/mysql/rows.h include/base/error.h \
 include/state/variables.h
include/state/explain_effects.h:
include/sql/classify.h:
include/base/str.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/sql/setvar.h:
include/state/pending_pins.h:
include/state/pins.h:
include/base/counters.h:
include/state/tbl/pin_causes.h:
include/state/pending_set.h:
include/state/user_variables.h:
include/mysql/rows.h:
include/base/error.h:
include/state/variables.h:
