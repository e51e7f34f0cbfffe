#include "../base/unit.h"

#include "mysql/auth.h"
#include "mysql/certificate_proof.h"

/* The vector of protocol.md §10: the nonce and password of §3, and a fingerprint of the bytes 0 to 31. */
TEST(the_proof_is_that_of_the_protocol)
{
    struct auth_secret secret;
    uint8_t fingerprint[32], proof[CERTIFICATE_PROOF_BYTES];
    for (unsigned i = 0; i < sizeof fingerprint; i++)
        fingerprint[i] = (uint8_t)i;
    assert_true(auth_secret_from_password(&secret, SPAN_LITERAL("secret")));
    assert_true(certificate_proof_write(span_of(secret.stored, sizeof secret.stored),
                                        (const uint8_t *)"abcdefghijklmnopqrst",
                                        span_of(fingerprint, sizeof fingerprint), proof));
    assert_span(span_of(proof, sizeof proof),
                "\x01"
                "21D5C9B1766DD96C58C43A45C5943FBB2A13E4B39AAAE1C529B2CD362FA54D52");
}

RUN_TESTS(NULL, NULL)
