/* Durations, sizes and addresses: a value that was read and written again reads as the same value. */
#include "base/clock.h"
#include "settings/address.h"
#include "settings/size.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char buffer[32], string[256];
    uint64_t number, again;
    struct error err = { 0 };
    if (size_parse(span_of(data, size), &number)) {
        assert(size_parse(span_cstr(size_format(number, buffer, sizeof buffer)), &again));
        assert(again == number);
    }
    if (clock_parse_duration(span_of(data, size), &number)) {
        assert(clock_parse_duration(span_cstr(clock_format_duration(number, buffer, sizeof buffer)), &again));
        assert(again == number);
    }
    (void)span_copy_cstr(span_of(data, size), string, sizeof string);
    bool may_listen = address_check_listen(string, &err);
    assert(may_listen == (err.text[0] == '\0'));
    err = (struct error){ 0 };
    bool may_connect = address_check_connect(string, &err);
    assert(may_connect == (err.text[0] == '\0'));
    return 0;
}
