/* The settings for people: the sample configuration file, the reference page and the body of the manual page,
 * made from the rows of settings/schema.h. Pure. */
#pragma once

#include "settings/schema.h"

/* Appends a complete configuration file: every key with its description as a comment above it. Keys that
 * have a default are commented out. headgate loads this file as it is. Check out->is_oom afterwards. */
void reference_sample(const struct section *root, struct text *out);

/* Appends the reference page in Markdown: one heading per section, one table row per key. */
void reference_page(const struct section *root, struct text *out);

/* Appends the body of a manual page in man(7): one subsection (.SS) per section, one paragraph per key. Check
 * out->is_oom afterwards. */
void reference_manual(const struct section *root, struct text *out);

/* Appends the values that a row accepts, for a row that is neither GROUP nor LIST: `1 to 256, "auto"`. */
void reference_allowed(const struct setting *row, struct text *out);
