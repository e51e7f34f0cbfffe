#include "sql/secrets.h"

/* Statements about accounts and replication; functions that take keys or passwords; statements whose text is
 * a string; and what people call such columns and parameters. */
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
