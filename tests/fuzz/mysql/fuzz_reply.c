/* Any bytes as OK, ERR and EOF. What was read is written and read again. */
#include "input.h"

#include "mysql/caps.h"
#include "mysql/reply.h"

static void check_ok(struct span payload, uint64_t caps)
{
    struct reply_ok ok, again;
    if (!reply_parse_ok(payload, caps, &ok))
        return;
    MUST(input_holds(payload, ok.info) && input_holds(payload, ok.session));
    if (ok.info.len + ok.session.len > 60000)
        return;
    struct text out = { 0 };
    reply_put_ok(&out, 1, caps, &ok, payload.data[0] == 0xFE);
    MUST(reply_parse_ok(span_of(out.data + 4, out.len - 4), caps, &again));
    MUST(again.affected == ok.affected && again.insert_id == ok.insert_id && again.warnings == ok.warnings);
    MUST(span_equal(again.info, ok.info) && span_equal(again.session, ok.session));
    text_fini(&out);
}

static void check_err(struct span payload)
{
    struct reply_err err, again;
    char text[600];
    if (!reply_parse_err(payload, &err))
        return;
    MUST(input_holds(payload, err.text) && strlen(err.sqlstate) <= 5);
    (void)span_copy_cstr(err.text, text, sizeof text);
    struct text out = { 0 };
    reply_put_err(&out, 1, err.code, err.sqlstate, text);
    MUST(out.len <= 4 + 9 + 511);
    MUST(reply_parse_err(span_of(out.data + 4, out.len - 4), &again));
    MUST(again.code == err.code);
    text_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    uint64_t caps = (input_u8(&input) & 1) != 0 ? CAP_SESSION_TRACK : 0;
    uint16_t status, warnings;
    check_ok(input, caps);
    check_err(input);
    (void)reply_parse_eof(input, &status, &warnings);
    return 0;
}
