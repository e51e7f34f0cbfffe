/* What the rows say, for people: the sample configuration file and the reference page. Pure.
 */
#ifndef HEADGATE_SETTINGS_REFERENCE_H
#define HEADGATE_SETTINGS_REFERENCE_H

#include "settings/schema.h"

/* A complete file with every key, its prose as a comment above it; what has a default is commented out. It
 * loads as it is. Check out->is_oom afterwards. */
void reference_sample(const struct section *root, struct text *out);

/* The same as Markdown: one heading per section, one table row per key. */
void reference_page(const struct section *root, struct text *out);

/* What may be given for a row that is neither GROUP nor LIST: `1 to 256, "auto"`. */
void reference_allowed(const struct setting *row, struct text *out);

#endif
