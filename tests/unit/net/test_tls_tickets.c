#include "../base/unit.h"

#include "net/tls_tickets.h"

#include <openssl/ssl.h>

struct scene {
    SSL_CTX *context;
    struct tls_tickets tickets;
};

static void scene_open(struct scene *scene)
{
    scene->context = SSL_CTX_new(TLS_server_method());
    assert_non_null(scene->context);
    tls_tickets_init(&scene->tickets, scene->context);
}

static void scene_close(struct scene *scene)
{
    SSL_CTX_free(scene->context);
    tls_tickets_fini(&scene->tickets);
    static const struct tls_ticket_key none;
    assert_memory_equal(&scene->tickets.keys[0], &none, sizeof none);
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, scene_open, scene_close, name)

#define START_US 5

static struct tls_ticket_key new_key(struct scene *scene, uint64_t now_us)
{
    struct tls_ticket_key key;
    bool is_old = true;
    assert_true(tls_tickets_find(&scene->tickets, NULL, now_us, &key, &is_old));
    assert_false(is_old);
    return key;
}

/* Opens a ticket at these times after its key was made: found, and to be replaced? */
SCENE_TEST(a_key_gives_for_one_period_and_opens_for_two)
{
    static const struct {
        uint64_t after_us;
        bool is_found, is_old;
    } rows[] = {
        { 0, true, false },
        { TLS_TICKET_KEY_US - 1, true, false },
        { TLS_TICKET_KEY_US, true, true },
        { 2 * TLS_TICKET_KEY_US - 1, true, true },
        { 2 * TLS_TICKET_KEY_US, false, false },
    };
    struct tls_ticket_key first = new_key(scene, START_US), key;
    bool is_old = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool is_found =
            tls_tickets_find(&scene->tickets, first.name, START_US + rows[i].after_us, &key, &is_old);
        assert_int_equal(is_found, rows[i].is_found);
        if (!is_found)
            continue;
        assert_int_equal(is_old, rows[i].is_old);
        assert_memory_equal(&key, &first, sizeof key);
    }
}

SCENE_TEST(the_key_before_still_opens_and_is_wiped_afterwards)
{
    struct tls_ticket_key first = new_key(scene, START_US), same = new_key(scene, START_US + 1), key;
    bool is_old = false;
    assert_memory_equal(&first, &same, sizeof first);
    struct tls_ticket_key second = new_key(scene, START_US + TLS_TICKET_KEY_US);
    assert_memory_not_equal(first.cipher, second.cipher, sizeof first.cipher);
    assert_memory_not_equal(first.mac, second.mac, sizeof first.mac);
    assert_true(tls_tickets_find(&scene->tickets, first.name, START_US + TLS_TICKET_KEY_US, &key, &is_old));
    assert_true(is_old);
    assert_memory_equal(&key, &first, sizeof key);
    assert_false(
        tls_tickets_find(&scene->tickets, first.name, START_US + 2 * TLS_TICKET_KEY_US, &key, &is_old));
    static const struct tls_ticket_key none;
    assert_memory_equal(&scene->tickets.keys[1], &none, sizeof none);
    assert_true(
        tls_tickets_find(&scene->tickets, second.name, START_US + 2 * TLS_TICKET_KEY_US, &key, &is_old));
}

SCENE_TEST(a_ticket_of_another_key_is_not_opened)
{
    struct tls_ticket_key key, first = new_key(scene, START_US);
    bool is_old;
    first.name[15] ^= 1;
    assert_false(tls_tickets_find(&scene->tickets, first.name, START_US, &key, &is_old));
    static const uint8_t zeros[16];
    assert_false(tls_tickets_find(&scene->tickets, zeros, START_US, &key, &is_old));
}

RUN_TESTS(NULL, NULL)
