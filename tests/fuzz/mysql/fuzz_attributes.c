/* Any bytes as COM_QUERY's attributes. All that is found lies inside the input, with the statement's text
 * behind the attributes. When the input is cut by one byte, no text is found at the same place, unless the
 * cut is in the text itself. */
#include "input.h"

#include "mysql/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    struct attributes attributes, cut;
    struct attribute attribute;
    char digits[ATTRIBUTE_TEXT_MAX];
    uint32_t count = 0;
    size_t offset = 0, cut_offset = 0;
    bool is_read = attributes_find_text(input, &attributes, &offset);
    MUST(attributes.count <= ATTRIBUTES_MAX);
    MUST(!is_read || (offset >= 2 && offset <= input.len));
    struct span block = { data, is_read ? offset : size };
    while (attributes_next(&attributes, &attribute)) {
        struct span text = attribute_text(&attribute, digits);
        MUST(input_holds(block, attribute.name) && input_holds(block, attribute.value));
        MUST(!is_read || attribute.has_value != attribute.is_null);
        MUST(text.data == NULL || attribute.has_value);
        MUST(text.data != (const uint8_t *)digits || text.len < ATTRIBUTE_TEXT_MAX);
        count++;
    }
    MUST(!is_read || count == attributes.count);
    if (size == 0)
        return 0;
    bool is_cut_read = attributes_find_text(span_of(data, size - 1), &cut, &cut_offset);
    MUST(is_cut_read == (is_read && offset < size));
    MUST(!is_cut_read || cut_offset == offset);
    return 0;
}
