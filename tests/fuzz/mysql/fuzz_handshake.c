/* Any bytes as greetings, responses, COM_CHANGE_USER and auth switches. What was read is written and read
 * again. */
#include "input.h"

#include "mysql/handshake.h"

static struct span payload_of(const struct text *packet)
{
    return span_of(packet->data + PACKET_HEADER_BYTES, packet->len - PACKET_HEADER_BYTES);
}

static void check_greeting(struct span payload)
{
    struct greeting greeting, again;
    if (!greeting_parse(payload, &greeting))
        return;
    MUST(input_holds(payload, greeting.version) && input_holds(payload, greeting.plugin));
    (void)greeting_family(&greeting);
    (void)greeting_version(greeting.version);
    struct text out = { 0 };
    greeting_put(&out, &greeting);
    MUST(greeting_parse(payload_of(&out), &again));
    MUST(again.caps == greeting.caps && again.status == greeting.status);
    MUST(memcmp(again.nonce, greeting.nonce, NONCE_BYTES) == 0);
    MUST(span_equal(again.version, greeting.version) && span_equal(again.plugin, greeting.plugin));
    text_fini(&out);
}

static void check_fields(struct span payload, const struct handshake_response *response)
{
    MUST(input_holds(payload, response->user) && input_holds(payload, response->auth));
    MUST(input_holds(payload, response->schema) && input_holds(payload, response->plugin));
    MUST(input_holds(payload, response->attributes));
}

static void check_response(struct span payload, uint64_t offered)
{
    struct handshake_response response, again;
    if (handshake_parse(payload, offered, &response) != HANDSHAKE_RESPONSE)
        return;
    check_fields(payload, &response);
    struct text out = { 0 };
    handshake_put(&out, 1, &response);
    MUST(handshake_parse(payload_of(&out), offered, &again) == HANDSHAKE_RESPONSE);
    MUST(again.caps == response.caps && span_equal(again.user, response.user));
    MUST(span_equal(again.plugin, response.plugin) && span_equal(again.schema, response.schema));
    MUST(span_equal(again.attributes, response.attributes));
    text_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    struct span plugin, nonce;
    struct handshake_response response;
    uint64_t offered = (input_u8(&input) & 1) != 0 ? CAP_CLIENT_MYSQL : 0;
    check_greeting(input);
    check_response(input, offered);
    if (change_user_parse(input, offered | CAPS_PER_HOP, &response))
        check_fields(input, &response);
    if (auth_switch_parse(input, &plugin, &nonce))
        MUST(input_holds(input, plugin) && input_holds(input, nonce));
    return 0;
}
