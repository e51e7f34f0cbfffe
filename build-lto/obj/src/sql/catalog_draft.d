build-lto/obj/src/sql/catalog_draft.o: src/sql/catalog_draft.c \
 include/sql/catalog_draft.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/lexer.h include/base/str.h \
 include/sql/code_effects.h include/sql/code_names.h include/base/mem.h \
 include/sql/catalog_inside.h include/sql/stored_code.h
include/sql/catalog_draft.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/base/str.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/base/mem.h:
include/sql/catalog_inside.h:
include/sql/stored_code.h:
