#include "net/tls.h"

#include <openssl/err.h>

bool tls_error(struct error *err, const char *attempt)
{
    unsigned long code = ERR_get_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    char text[256] = "no reason given";
    if (code != 0 && reason == NULL)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return error_set(err, 0, "%s: %s", attempt, reason != NULL ? reason : text);
}
