/* Names resolved by a name server that the test simulates: over loopback, on the same loop. */
#include "net_test.h"

#include "base/clock.h"
#include "net/resolve.h"

#include <arpa/inet.h>

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, NXDOMAIN = 3, PACKET_MAX = 512, HEADER = 12 };

/* ---- the simulated name server ---- */

struct dns {
    struct loop *loop;
    ev_io ev;
    int fd;
    char address[ADDR_TEXT_MAX];
    const char *v4[3], *v6[3]; /* the addresses in its answers */
    uint32_t ttl;
    uint32_t alias_ttl; /* not 0: the addresses belong to an alias with this TTL */
    int rcode;
    unsigned lose;   /* how many more questions are not answered */
    bool loses_v6;   /* no question for AAAA is answered */
    unsigned slow;   /* how many questions are put aside; they are answered together with the next one */
    unsigned asked;  /* questions received */
    unsigned queued; /* delayed questions */
    struct aside {
        uint8_t packet[PACKET_MAX];
        size_t len;
        struct sockaddr_storage from;
        socklen_t from_len;
    } aside[4];
};

static size_t put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return 2;
}

/* Writes name (the question's or the alias), type, class, TTL and length. The caller writes the data. */
static size_t put_record(uint8_t *at, bool is_alias, unsigned type, uint32_t ttl, unsigned len)
{
    size_t n = 0;
    if (is_alias) {
        at[n++] = 1;
        at[n++] = 'x';
    }
    n += put16(at + n, 0xC000 | HEADER);
    n += put16(at + n, type);
    n += put16(at + n, 1);
    n += put16(at + n, ttl >> 16);
    n += put16(at + n, ttl & 0xFFFF);
    return n + put16(at + n, len);
}

static unsigned put_addresses(const struct dns *dns, unsigned type, uint8_t *packet, size_t *len)
{
    const char *const *texts = type == TYPE_A ? dns->v4 : dns->v6;
    unsigned count = 0, bytes = type == TYPE_A ? 4 : 16;
    for (; count < 3 && texts[count] != NULL; count++) {
        *len += put_record(packet + *len, dns->alias_ttl != 0, type, dns->ttl, bytes);
        assert_int_equal(inet_pton(type == TYPE_A ? AF_INET : AF_INET6, texts[count], packet + *len), 1);
        *len += bytes;
    }
    return count;
}

static void answer(const struct dns *dns, const struct aside *question)
{
    uint8_t packet[PACKET_MAX];
    size_t len = HEADER;
    memcpy(packet, question->packet, question->len);
    while (packet[len] != 0)
        len += packet[len] + 1u;
    unsigned type = (unsigned)packet[len + 1] << 8 | packet[len + 2], answers = 0;
    len += 5;
    if (dns->rcode == 0 && dns->alias_ttl != 0) {
        static const uint8_t alias[] = { 1, 'x', 0xC0, HEADER };
        len += put_record(packet + len, false, TYPE_CNAME, dns->alias_ttl, sizeof alias);
        memcpy(packet + len, alias, sizeof alias);
        len += sizeof alias;
        answers = 1;
    }
    if (dns->rcode == 0)
        answers += put_addresses(dns, type, packet, &len);
    (void)put16(packet + 2, 0x8180u | (unsigned)dns->rcode);
    (void)put16(packet + 6, answers);
    (void)put16(packet + 8, 0);
    (void)put16(packet + 10, 0);
    assert_int_equal(
        sendto(dns->fd, packet, len, 0, (const struct sockaddr *)&question->from, question->from_len), len);
}

static bool is_lost(struct dns *dns, const struct aside *question)
{
    if (dns->lose > 0) {
        dns->lose--;
        return true;
    }
    size_t at = HEADER;
    while (question->packet[at] != 0)
        at += question->packet[at] + 1u;
    return dns->loses_v6 && question->packet[at + 2] == TYPE_AAAA;
}

static void on_question(struct ev_loop *ev, ev_io *watcher, int events)
{
    struct dns *dns = watcher->data;
    struct aside question = { .from_len = sizeof question.from };
    (void)ev;
    (void)events;
    ssize_t len = recvfrom(dns->fd, question.packet, sizeof question.packet, 0,
                           (struct sockaddr *)&question.from, &question.from_len);
    assert_true(len > HEADER);
    question.len = (size_t)len;
    dns->asked++;
    if (is_lost(dns, &question))
        return;
    if (dns->slow > 0) {
        dns->slow--;
        dns->aside[dns->queued++] = question;
        return;
    }
    while (dns->queued > 0)
        answer(dns, &dns->aside[--dns->queued]);
    answer(dns, &question);
}

static void open_dns(struct dns *dns, struct loop *loop)
{
    struct addr addr;
    struct error err = { 0 };
    *dns = (struct dns){ .loop = loop, .ttl = 1 };
    dns->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(addr_parse_listen("127.0.0.1:0", &addr, &err));
    assert_int_equal(bind(dns->fd, &addr.u.any, addr.len), 0);
    assert_int_equal(getsockname(dns->fd, &addr.u.any, &addr.len), 0);
    (void)addr_format(&addr, dns->address);
    ev_io_init(&dns->ev, on_question, dns->fd, EV_READ);
    dns->ev.data = dns;
    ev_io_start(loop->ev, &dns->ev);
}

static void close_dns(struct dns *dns)
{
    ev_io_stop(dns->loop->ev, &dns->ev);
    if (dns->fd >= 0)
        (void)close(dns->fd);
    dns->fd = -1;
}

/* ---- a name of a server ---- */

struct scene {
    struct loop loop;
    struct dns dns;
    struct resolver resolver;
    struct resolve_name name;
    unsigned news;
    char was[ADDR_TEXT_MAX];
    bool forgets; /* forgets the name in its own callback */
};

static void on_news(struct resolve_name *name, const struct addr *was)
{
    struct scene *scene = name->owner;
    scene->news++;
    (void)addr_format(was, scene->was);
    if (scene->forgets)
        resolve_forget(name);
}

static void open_scene(struct scene *scene)
{
    struct error err = { 0 };
    memset(scene, 0, sizeof *scene);
    open_loop(&scene->loop);
    open_dns(&scene->dns, &scene->loop);
    assert_row(resolve_init(&scene->resolver, &scene->loop, scene->dns.address, &err), "%s", err.text);
    assert_row(resolve_name_init(&scene->name, &scene->resolver, "db1.test:3306", on_news, scene, &err), "%s",
               err.text);
}

static void close_scene(struct scene *scene)
{
    resolve_forget(&scene->name);
    resolve_forget(&scene->name); /* harmless */
    resolve_fini(&scene->resolver);
    resolve_fini(&scene->resolver); /* harmless */
    close_dns(&scene->dns);
    close_loop(&scene->loop);
}

static void turn_until_news(struct scene *scene, unsigned news)
{
    while (scene->news < news)
        turn(&scene->loop);
    assert_int_equal(scene->news, news);
}

/* Opens a scene in which db1.test is known as 127.0.0.2. */
static void open_resolved(struct scene *scene)
{
    open_scene(scene);
    scene->dns.v4[0] = "127.0.0.2";
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
}

static void turn_until_asked(struct scene *scene, unsigned asked)
{
    while (scene->dns.asked < asked)
        turn(&scene->loop);
}

static void assert_at(const struct scene *scene, const char *address)
{
    char text[ADDR_TEXT_MAX];
    assert_string_equal(addr_format(&scene->name.addr, text), address);
}

/* ---- tests ---- */

TEST(an_answer_is_good_for_its_ttl_within_bounds)
{
    static const struct {
        int64_t ttl_s;
        uint64_t after_s;
    } rows[] = { { -1, 30 }, { INT64_MIN, 30 }, { 0, 1 },   { 1, 1 },         { 2, 2 },
                 { 29, 29 }, { 30, 30 },        { 31, 30 }, { INT64_MAX, 30 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(resolve_after_us(rows[i].ttl_s), rows[i].after_s * 1000000);
}

TEST(a_failed_question_is_asked_again_later_each_time)
{
    static const uint64_t seconds[] = { 1, 2, 4, 8, 16, 30, 30 };
    for (unsigned i = 0; i < COUNT_OF(seconds); i++)
        assert_int_equal(resolve_retry_us(i + 1), seconds[i] * 1000000);
    assert_int_equal(resolve_retry_us(UINT32_MAX), 30000000);
}

TEST(numbers_and_paths_are_not_asked_for)
{
    static const char *const texts[] = { "127.0.0.1:3306", "[::1]:3306", "/run/mysqld.sock" };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct resolve_name name;
        struct error err = { 0 };
        char text[ADDR_TEXT_MAX];
        assert_true(resolve_name_init(&name, NULL, texts[i], on_news, NULL, &err));
        resolve_start(&name);
        assert_string_equal(addr_format(&name.addr, text), texts[i]);
        resolve_forget(&name);
    }
}

TEST(what_is_no_name_is_refused)
{
    struct resolve_name name;
    struct error err = { 0 };
    assert_false(resolve_name_init(&name, NULL, "db1.test", on_news, NULL, &err));
    assert_non_null(strstr(err.text, "has no port"));
    resolve_forget(&name);
}

#define SCENE_TEST(name) TEST_OF(struct scene, scene, open_scene, close_scene, name)

SCENE_TEST(a_name_gets_its_address_and_port)
{
    scene->dns.v4[0] = "127.0.0.2";
    resolve_start(&scene->name);
    assert_int_equal(scene->name.addr.len, 0);
    turn_until_news(scene, 1);
    assert_at(scene, "127.0.0.2:3306");
    assert_string_equal(scene->was, "-");
    assert_string_equal(scene->name.error, "");
    turn_until_asked(scene, 4); /* the TTL of one second has passed; the answer is the same */
    assert_int_equal(scene->news, 1);
}

SCENE_TEST(a_name_may_have_an_ipv6_address_only)
{
    scene->dns.v6[0] = "::1";
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_at(scene, "[::1]:3306");
}

TEST(the_present_address_stays_while_it_is_among_the_answers)
{
    struct scene scene;
    open_resolved(&scene);
    scene.dns.v4[0] = "127.0.0.4";
    scene.dns.v4[1] = "127.0.0.2";
    scene.dns.v6[0] = "::1";
    turn_until_asked(&scene, 6); /* the answer to the second question was read before the third question */
    assert_at(&scene, "127.0.0.2:3306");
    assert_int_equal(scene.news, 1);
    scene.dns.v4[1] = "127.0.0.3";
    turn_until_news(&scene, 2);
    assert_at(&scene, "127.0.0.4:3306"); /* the first of the new addresses */
    assert_string_equal(scene.was, "127.0.0.2:3306");
    close_scene(&scene);
}

SCENE_TEST(a_family_that_is_not_answered_any_more_is_left)
{
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.v6[0] = "::1";
    resolve_start(&scene->name);
    while (scene->dns.asked < 2 || scene->news < 1)
        turn(&scene->loop);
    turn_until_asked(scene, 4); /* the address stays, whichever family was answered first */
    bool was_v4 = scene->name.addr.u.any.sa_family == AF_INET;
    scene->dns.v4[0] = was_v4 ? NULL : "127.0.0.2";
    scene->dns.v6[0] = was_v4 ? "::1" : NULL;
    turn_until_news(scene, 2);
    assert_at(scene, was_v4 ? "[::1]:3306" : "127.0.0.2:3306");
}

SCENE_TEST(a_question_that_fails_for_one_family_moves_nothing)
{
    scene->dns.v6[0] = "::1";
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.loses_v6 = true;
    turn_until_asked(scene, 2 + 4 + 1); /* A once, AAAA three times; then both again */
    assert_at(scene, "[::1]:3306");
    assert_int_equal(scene->news, 1);
    assert_string_equal(scene->name.error, "");
}

SCENE_TEST(one_family_is_enough_to_begin_with)
{
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.loses_v6 = true;
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_at(scene, "127.0.0.2:3306");
    assert_int_equal(scene->dns.asked, 2); /* no waiting for a second question about the other family */
}

SCENE_TEST(lost_packets_are_sent_again)
{
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.lose = 2;
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_at(scene, "127.0.0.2:3306");
    assert_int_equal(scene->name.failures, 0);
}

/* The answers come after the second questions, which they do not belong to. */
SCENE_TEST(a_slow_answer_is_an_answer)
{
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.slow = 2;
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_at(scene, "127.0.0.2:3306");
    assert_true(scene->dns.asked > 2);
}

TEST(the_last_good_answer_outlives_failures)
{
    struct scene scene;
    open_resolved(&scene);
    scene.dns.rcode = NXDOMAIN;
    turn_until_news(&scene, 2);
    assert_at(&scene, "127.0.0.2:3306");
    assert_string_equal(scene.was, "127.0.0.2:3306");
    assert_string_equal(scene.name.error, "Domain name not found");
    while (scene.name.failures < 2)
        turn(&scene.loop);
    assert_int_equal(scene.news, 2); /* the same failure again is not reported */
    scene.dns.rcode = 0;
    turn_until_news(&scene, 3);
    assert_at(&scene, "127.0.0.2:3306");
    assert_string_equal(scene.name.error, "");
    assert_int_equal(scene.name.failures, 0);
    close_scene(&scene);
}

SCENE_TEST(a_name_without_addresses_is_no_answer)
{
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_int_equal(scene->name.addr.len, 0);
    assert_row(strstr(scene->name.error, "no data") != NULL, "%s", scene->name.error);
    scene->dns.v4[0] = "127.0.0.2";
    turn_until_news(scene, 2);
    assert_at(scene, "127.0.0.2:3306");
}

TEST(a_name_server_that_is_gone_changes_nothing)
{
    struct scene scene;
    open_resolved(&scene);
    turn_without_waiting(&scene.loop);
    close_dns(&scene.dns);
    turn_until_news(&scene, 2);
    assert_at(&scene, "127.0.0.2:3306");
    assert_row(strstr(scene.name.error, "contact") != NULL, "%s", scene.name.error);
    close_scene(&scene);
}

SCENE_TEST(an_alias_is_as_short_lived_as_what_it_stands_for)
{
    scene->dns.v4[0] = "127.0.0.2";
    scene->dns.ttl = 3600;
    scene->dns.alias_ttl = 1;
    resolve_start(&scene->name);
    turn_until_news(scene, 1);
    assert_at(scene, "127.0.0.2:3306");
    uint64_t from_us = clock_monotonic_us();
    turn_until_asked(scene, 4);
    /* without the alias's TTL the next question would come after 30 s */
    assert_true(clock_monotonic_us() - from_us < 20 * 1000000);
}

SCENE_TEST(the_hosts_file_comes_first)
{
    struct error err = { 0 };
    scene->dns.v4[0] = "127.0.0.2";
    resolve_forget(&scene->name);
    assert_true(resolve_name_init(&scene->name, &scene->resolver, "localhost:7", on_news, scene, &err));
    resolve_start(&scene->name);
    assert_int_equal(scene->news, 1); /* before resolve_start returns */
    char text[ADDR_TEXT_MAX];
    (void)addr_format(&scene->name.addr, text);
    assert_row(strcmp(text, "127.0.0.1:7") == 0 || strcmp(text, "[::1]:7") == 0, "%s", text);
    turn_without_waiting(&scene->loop);
    assert_int_equal(scene->dns.asked, 0);
}

TEST(a_name_may_be_forgotten_while_it_is_asked_for)
{
    unsigned descriptors = open_descriptors();
    for (int round = 0; round < 3; round++) {
        struct scene scene;
        open_scene(&scene);
        scene.dns.v4[0] = "127.0.0.2";
        scene.dns.slow = round == 1 ? 2 : 0;
        scene.forgets = round == 2; /* the name is forgotten in the callback of its answer */
        resolve_start(&scene.name);
        if (round == 2)
            turn_until_news(&scene, 1);
        else
            resolve_forget(&scene.name);
        turn_until_asked(&scene, 2);
        for (int i = 0; i < 8; i++) /* the answers come, or the resolver ends while it waits for them */
            turn_without_waiting(&scene.loop);
        assert_int_equal(scene.news, round == 2);
        close_scene(&scene);
        assert_int_equal(open_descriptors(), descriptors);
    }
}

TEST(a_resolver_needs_an_address_to_ask)
{
    struct loop loop;
    struct resolver resolver;
    struct error err = { 0 };
    open_loop(&loop);
    assert_true(resolve_init(&resolver, &loop, NULL, &err)); /* the system's name servers */
    resolve_fini(&resolver);
    assert_false(resolve_init(&resolver, &loop, "nobody", &err));
    assert_non_null(strstr(err.text, "resolve names"));
    close_loop(&loop);
}

RUN_TESTS(NULL, NULL)
