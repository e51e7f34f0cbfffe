/* upstream_test: servers made by hand, for tests that need no network. */
#pragma once

#include "../base/unit.h"

#include "base/mem.h"
#include "upstream/server.h"

static inline struct server *make_server(const char *name, const char *address, int64_t weight,
                                         unsigned workers)
{
    struct error err = { 0 };
    char *own_name = mem_strdup(name), *own_address = mem_strdup(address);
    struct server_settings settings = { .name = own_name, .address = own_address, .weight = weight };
    struct server *server = server_new(&settings, 0, workers, &err);
    assert_row(server != NULL, "%s", err.text);
    mem_free(own_name);
    mem_free(own_address);
    return server;
}
