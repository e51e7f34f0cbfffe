#include "access/host_pattern.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- reading ---- */

/* Reads a decimal number of at most `max`, as far as its digits go. False: there is no digit, or it is larger. */
static bool read_number(const char **text, uint32_t max, uint32_t *number_r)
{
    uint32_t number = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9' && number <= max; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    *number_r = number;
    bool is_good = at != *text && number <= max;
    *text = at;
    return is_good;
}

/* Reads four numbers with points between them. */
static bool read_ipv4(const char **text, uint32_t *address_r)
{
    *address_r = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t number;
        if (i > 0 && *(*text)++ != '.')
            return false;
        if (!read_number(text, 255, &number))
            return false;
        *address_r = *address_r << 8 | number;
    }
    return true;
}

static uint32_t mask_of_bits(uint32_t bits)
{
    return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

/* MySQL only accepts a netmask whose one bits come first. */
static bool is_contiguous(uint32_t mask)
{
    return (~mask & (~mask + 1)) == 0;
}

/* How MySQL orders patterns that are addresses. */
enum mask_kind { MASK_NETMASK, MASK_BITS, MASK_ADDRESS, MASK_NONE };

/* The address and the mask of the pattern. MASK_NONE: it is compared as text. */
static enum mask_kind read_mask(struct host_pattern *pattern, enum server_family family)
{
    const char *at = pattern->text;
    uint32_t bits;
    if (!read_ipv4(&at, &pattern->address))
        return MASK_NONE;
    pattern->mask = UINT32_MAX;
    if (*at == '\0')
        return family == FAMILY_MYSQL ? MASK_ADDRESS : MASK_NONE;
    if (*at++ != '/')
        return MASK_NONE;
    const char *after = at;
    if (read_ipv4(&after, &pattern->mask) && *after == '\0')
        return pattern->mask != 0 && (family != FAMILY_MYSQL || is_contiguous(pattern->mask)) ? MASK_NETMASK
                                                                                              : MASK_NONE;
    if (family != FAMILY_MYSQL || !read_number(&at, 32, &bits) || *at != '\0')
        return MASK_NONE;
    pattern->mask = mask_of_bits(bits);
    return MASK_BITS;
}

/* ---- ranks ---- */

#define WILD_MANY '%'
#define WILD_ONE '_'
#define ESCAPE '\\'

static bool is_wild(char c)
{
    return c == WILD_MANY || c == WILD_ONE;
}

/* The characters of a pattern: names as in the comment of MariaDB's get_magic_sort(). */
struct shape {
    uint64_t plain;  /* N */
    uint64_t many;   /* K: runs of % */
    uint64_t one;    /* M: _ */
    uint64_t prefix; /* P: plain characters before the first wildcard */
};

static struct shape shape_of(const char *text)
{
    struct shape shape = { 0 };
    for (; *text != '\0'; text++) {
        if (is_wild(*text) && shape.many == 0 && shape.one == 0)
            shape.prefix = shape.plain;
        if (*text == WILD_MANY) {
            shape.many++;
            while (text[1] == WILD_MANY)
                text++;
        } else if (*text == WILD_ONE) {
            shape.one++;
        } else {
            text += *text == ESCAPE && text[1] != '\0';
            shape.plain++;
        }
    }
    return shape;
}

/* The characters that all % together can stand for are compared with the number of _: the larger number comes
 * first in the result, and the three others after it. */
static uint64_t rank_mariadb(const char *text)
{
    struct shape shape = shape_of(text);
    uint64_t many = shape.many < 31 ? shape.many : 31, one = shape.one < 31 ? shape.one : 31;
    uint64_t taken = shape.plain + one;
    uint64_t open = many == 0 || taken > HOST_PATTERN_MAX ? 0 : HOST_PATTERN_MAX - taken;
    uint64_t generality = open > one ? (open * 2 + 1) << 48 | many << 32 | one << 16 | shape.prefix
                                     : one * 2 << 48 | open << 32 | many << 16 | shape.prefix;
    return ~generality;
}

#define MYSQL_NO_WILDCARD 128u
#define MYSQL_WILDCARD_MAX 127u

/* By the place of the first wildcard. */
static uint64_t rank_mysql(const char *text)
{
    uint64_t characters = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (is_wild(*at)) {
            uint64_t place = (uint64_t)(at - text) + 1;
            return place < MYSQL_WILDCARD_MAX ? place : MYSQL_WILDCARD_MAX;
        }
        at += *at == ESCAPE && at[1] != '\0';
        characters = MYSQL_NO_WILDCARD;
    }
    return characters;
}

struct host_pattern host_pattern_read(const char *text, enum server_family family)
{
    struct host_pattern pattern = { .text = text };
    enum mask_kind kind = read_mask(&pattern, family);
    pattern.has_mask = kind != MASK_NONE;
    if (family != FAMILY_MYSQL)
        pattern.rank = rank_mariadb(text);
    else if (pattern.has_mask)
        pattern.rank = ((uint64_t)kind + 1) << 32 | pattern.mask;
    else
        pattern.rank = rank_mysql(text);
    return pattern;
}

/* ---- matching ---- */

void host_client_read(struct host_client *client, const char *host, bool resolves)
{
    *client = (struct host_client){ .name = ADDR_LOCAL_HOST };
    if (strcmp(host, ADDR_LOCAL_HOST) == 0)
        return;
    client->ip = host;
    const char *at = client->ip;
    client->is_ipv4 = read_ipv4(&at, &client->ipv4) && *at == '\0';
    bool is_loopback = client->is_ipv4 ? client->ipv4 == INADDR_LOOPBACK : strcmp(client->ip, "::1") == 0;
    client->name = resolves && is_loopback ? ADDR_LOCAL_HOST : NULL;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* LIKE, without regard to case. Cost: the product of both lengths at most. */
static bool is_like(const char *text, const char *pattern)
{
    const char *many = NULL, *from = NULL; /* after the last %, and where its rest was tried last */
    while (*text != '\0') {
        bool is_escaped = *pattern == ESCAPE && pattern[1] != '\0';
        if (*pattern == WILD_MANY) {
            many = ++pattern;
            from = text;
        } else if (*pattern == WILD_ONE || (*pattern != '\0' && lower(pattern[is_escaped]) == lower(*text))) {
            pattern += 1 + is_escaped;
            text++;
        } else if (many != NULL) {
            pattern = many;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == WILD_MANY)
        pattern++;
    return *pattern == '\0';
}

bool host_pattern_matches(const struct host_pattern *pattern, const struct host_client *client)
{
    if (pattern->text[0] == '\0')
        return true;
    if (pattern->has_mask && client->is_ipv4)
        return (client->ipv4 & pattern->mask) == pattern->address;
    return (client->name != NULL && is_like(client->name, pattern->text)) ||
           (client->ip != NULL && is_like(client->ip, pattern->text));
}

int host_pattern_compare(const struct host_pattern *a, const struct host_pattern *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank ? 1 : -1;
    return strcmp(a->text, b->text);
}

bool host_pattern_is_name(const struct host_pattern *pattern)
{
    bool has_letter = false;
    for (const char *at = pattern->text; *at != '\0'; at++) {
        if (is_wild(*at) || *at == ':')
            return false;
        has_letter |= lower(*at) >= 'a' && lower(*at) <= 'z';
    }
    return has_letter && !span_is_nocase(span_cstr(pattern->text), ADDR_LOCAL_HOST);
}
