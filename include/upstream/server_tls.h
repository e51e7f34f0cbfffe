/* The TLS context of a server, from its settings. */
#pragma once

#include "base/error.h"
#include "upstream/server_settings.h"

#include <stdbool.h>

struct ssl_ctx_st;

/* Loads the files. *context_r: one reference, or NULL with tls = "off". False: *err names the file and the
 * reason. */
bool server_tls_load(const struct server_settings *settings, struct ssl_ctx_st **context_r,
                     struct error *err);

/* True if the settings of TLS agree with each other and all files can be used. Otherwise *err says what is wrong,
 * and *key_r names the setting. */
bool server_tls_check(const struct server_settings *settings, const char **key_r, struct error *err);
