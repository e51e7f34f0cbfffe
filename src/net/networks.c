#include "net/networks.h"

#include "base/mem.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>

#define SEPARATORS ", \t"
#define ENTRY_MAX (INET6_ADDRSTRLEN + sizeof "/128")

static unsigned width_bits(int family)
{
    return family == AF_INET ? 32 : 128;
}

/* Clears the bits after the prefix. True: they were clear already. */
static bool clear_rest(struct network *network)
{
    bool was_clear = true;
    for (unsigned bit = network->prefix_bits; bit < width_bits(network->family); bit++) {
        uint8_t mask = (uint8_t)(0x80u >> bit % 8);
        was_clear &= (network->bytes[bit / 8] & mask) == 0;
        network->bytes[bit / 8] &= (uint8_t)~mask;
    }
    return was_clear;
}

static bool read_prefix(const char *entry, const char *prefix, struct network *network, struct error *err)
{
    uint64_t bits;
    unsigned most = width_bits(network->family);
    network->prefix_bits = most;
    if (prefix == NULL)
        return true;
    if (!span_to_u64(span_cstr(prefix), &bits) || bits > most)
        return error_set(err, EINVAL, "\"%s\": the prefix must be a number from 0 to %u", entry, most);
    network->prefix_bits = (unsigned)bits;
    return clear_rest(network) ||
           error_set(err, EINVAL, "\"%s\": address bits after the first %u must be zero", entry,
                     network->prefix_bits);
}

static bool read_network(const char *entry, struct network *network, struct error *err)
{
    char host[ENTRY_MAX];
    memcpy(host, entry, strlen(entry) + 1);
    char *slash = strchr(host, '/');
    if (slash != NULL)
        *slash = '\0';
    *network = (struct network){ .family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET };
    if (inet_pton(network->family, host, network->bytes) != 1)
        return error_set(err, EINVAL,
                         "\"%s\" is not an IP address, a network such as 10.0.0.0/8, "
                         "\"localhost\" or \"*\"",
                         entry);
    return read_prefix(entry, slash != NULL ? slash + 1 : NULL, network, err);
}

static bool append(struct networks *networks, const struct network *network, struct error *err)
{
    struct network *list = mem_realloc(networks->list, (networks->count + 1) * sizeof *list);
    if (list == NULL)
        return error_set(err, ENOMEM, "out of memory");
    networks->list = list;
    list[networks->count++] = *network;
    return true;
}

static bool add_entry(struct networks *networks, struct span span, struct error *err)
{
    static const struct network all[] = { { .family = AF_INET },
                                          { .family = AF_INET6 },
                                          { .family = AF_UNIX } };
    char entry[ENTRY_MAX];
    struct network network;
    if (!span_copy_cstr(span, entry, sizeof entry))
        return error_set(err, EINVAL, "\"%s…\" is longer than a network", entry);
    if (strcmp(entry, ADDR_LOCAL_HOST) == 0)
        return append(networks, &all[2], err);
    if (strcmp(entry, "*") == 0)
        return append(networks, &all[0], err) && append(networks, &all[1], err) &&
               append(networks, &all[2], err);
    return read_network(entry, &network, err) && append(networks, &network, err);
}

bool networks_parse(const char *text, struct networks *networks_r, struct error *err)
{
    const char *at = text != NULL ? text : "";
    *networks_r = (struct networks){ 0 };
    for (at += strspn(at, SEPARATORS); *at != '\0'; at += strspn(at, SEPARATORS)) {
        size_t len = strcspn(at, SEPARATORS);
        if (!add_entry(networks_r, span_of(at, len), err)) {
            networks_fini(networks_r);
            return false;
        }
        at += len;
    }
    return true;
}

void networks_fini(struct networks *networks)
{
    mem_free(networks->list);
    *networks = (struct networks){ 0 };
}

bool networks_check(const char *text, struct error *err)
{
    struct networks networks;
    if (!networks_parse(text, &networks, err))
        return false;
    networks_fini(&networks);
    return true;
}

static bool is_in(const struct network *network, int family, const uint8_t *bytes)
{
    unsigned whole = network->prefix_bits / 8, rest = network->prefix_bits % 8;
    if (network->family != family)
        return false;
    if (family == AF_UNIX)
        return true;
    if (memcmp(network->bytes, bytes, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] >> (8 - rest)) == (network->bytes[whole] >> (8 - rest));
}

bool networks_contain(const struct networks *networks, const struct addr *addr)
{
    int family = addr->u.any.sa_family;
    const uint8_t *bytes = (const uint8_t *)&addr->u.v4.sin_addr;
    if (addr->len == 0)
        return false;
    if (family == AF_INET6) {
        bytes = addr->u.v6.sin6_addr.s6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&addr->u.v6.sin6_addr)) {
            family = AF_INET;
            bytes += 12;
        }
    }
    for (size_t i = 0; i < networks->count; i++)
        if (is_in(&networks->list[i], family, bytes))
            return true;
    return false;
}
