#include "mysql/charset.h"

#include <string.h>

bool charset_is_neutral(struct span text)
{
    static const char letters_of_swe7[] = "@[\\]^`{|}~";
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7e || strchr(letters_of_swe7, text.data[i]) != NULL)
            return false;
    return true;
}
