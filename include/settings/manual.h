/* The settings as the body of a manual page, made from the rows of settings/schema.h. Pure. */
#pragma once

#include "settings/schema.h"

/* One subsection (.SS) per section, one paragraph per key, in man(7). Check out->is_oom afterwards. */
void manual_settings(const struct section *root, struct text *out);
