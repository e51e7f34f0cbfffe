#include "sql/secrets.h"

/* Words of statements about accounts and replication, of functions that take keys or passwords, of
 * statements whose text is a string, and common names of columns and parameters that hold secrets. */
static const char *const words[] = {
    "identified", "password", "passwd", "passphrase", "pwd",       "secret",      "credential",
    "auth",       "aes_",     "des_",   "encrypt",    "decrypt",   "encode",      "decode",
    "md5",        "sha1",     "sha2",   "sha(",       "kdf",       "private_key", "api_key",
    "apikey",     "token",    "bearer", "prepare",    "immediate",
};

bool secrets_may_hold(struct span sql)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_mentions(sql, words[i]))
            return true;
    return false;
}
