#include "mysql/gtid_token.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    const char *name;
    enum server_family family;
    bool is_hex; /* sources are hashes, written as 16 hex digits */
} families[] = { { "mariadb:", FAMILY_MARIADB, false }, { "mysql:", FAMILY_MYSQL, true } };
#define FAMILIES (sizeof families / sizeof *families)

/* ---- print ---- */

void gtid_token_print(const struct gtid_token *token, char text[GTID_TOKEN_MAX])
{
    const struct gtid_position *position = &token->position;
    bool is_newest = token->is_newest || position->is_unknown;
    bool is_mysql = token->family == FAMILY_MYSQL;
    int len = snprintf(text, GTID_TOKEN_MAX, "%s", families[is_mysql].name);
    if (is_newest || position->count == 0) {
        (void)snprintf(text + len, GTID_TOKEN_MAX - (size_t)len, "%s", is_newest ? "newest" : "none");
        return;
    }
    for (unsigned i = 0; i < position->count; i++) {
        const struct gtid_mark *mark = &position->marks[i];
        const char *sign = i > 0 ? ":" : "";
        if (families[is_mysql].is_hex)
            len += snprintf(text + len, GTID_TOKEN_MAX - (size_t)len, "%s%016" PRIx64 "-%" PRIu64, sign,
                            mark->source, mark->reach);
        else
            len += snprintf(text + len, GTID_TOKEN_MAX - (size_t)len, "%s%" PRIu64 "-%" PRIu64, sign,
                            mark->source, mark->reach);
    }
}

/* ---- parse ---- */

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct span text, uint64_t *value_r)
{
    *value_r = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_value(text.data[i]);
        if (digit < 0)
            return false;
        *value_r = *value_r << 4 | (uint64_t)digit;
    }
    return text.len == 16;
}

/* Takes the bytes before `sign` from the text, and drops `sign`. Takes the whole text when it has no
 * `sign`. */
static struct span take_until(struct span *text, uint8_t sign, bool *has_sign_r)
{
    const uint8_t *found = text->len > 0 ? memchr(text->data, sign, text->len) : NULL;
    size_t len = found != NULL ? (size_t)(found - text->data) : text->len;
    struct span taken = span_of(text->data, len);
    size_t used = found != NULL ? len + 1 : len;
    *has_sign_r = found != NULL;
    *text = span_of(text->data + used, text->len - used);
    return taken;
}

/* Reads one source and its number. False when malformed, or when the position has the source already. */
static bool read_mark(struct span text, bool is_hex, struct gtid_position *position)
{
    uint64_t source, reach;
    bool has_sign;
    struct span name = take_until(&text, '-', &has_sign);
    bool is_known = is_hex ? read_hex(name, &source) : span_to_u64(name, &source);
    if (!is_known || !has_sign || !span_to_u64(text, &reach))
        return false;
    unsigned before = position->count;
    gtid_position_raise(position, source, reach);
    return !position->is_unknown && position->count == before + 1;
}

static bool read_position(struct span text, bool is_hex, struct gtid_position *position)
{
    bool has_more = true;
    while (has_more)
        if (!read_mark(take_until(&text, ':', &has_more), is_hex, position))
            return false;
    return true;
}

bool gtid_token_parse(struct span text, struct gtid_token *token_r)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        struct span name = span_cstr(families[i].name);
        if (text.len <= name.len || !span_equal(span_of(text.data, name.len), name))
            continue;
        struct span rest = span_of(text.data + name.len, text.len - name.len);
        *token_r = (struct gtid_token){ .family = families[i].family, .is_newest = span_is(rest, "newest") };
        return token_r->is_newest || span_is(rest, "none") ||
               read_position(rest, families[i].is_hex, &token_r->position);
    }
    return false;
}
