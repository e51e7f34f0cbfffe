#include "../base/unit.h"

#include "access/tls_requirement.h"

#include "access/user_settings.h"
#include "base/mem.h"

/* A channel without TLS. (Those with TLS are tested between two programs.) */
TEST(a_plain_channel_meets_no_requirement_but_none)
{
    const struct stream plain = { .fd = -1 };
    static const enum account_tls kinds[] = { ACCOUNT_TLS_ANY, ACCOUNT_TLS_X509, ACCOUNT_TLS_SPECIFIED };
    struct tls_requirement requirement = { .tls = ACCOUNT_TLS_NONE };
    assert_null(tls_requirement_missing(&requirement, &plain));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        requirement.tls = kinds[i];
        assert_string_equal(tls_requirement_missing(&requirement, &plain), "the account requires TLS");
    }
}

TEST(texts_are_copied_and_empty_ones_stand_for_any)
{
    char issuer[] = "/CN=ca";
    struct tls_requirement requirement;
    assert_true(tls_requirement_set(&requirement, ACCOUNT_TLS_SPECIFIED, span_cstr(issuer), SPAN_NONE,
                                    SPAN_LITERAL("AES")));
    issuer[0] = '#';
    assert_string_equal(requirement.issuer, "/CN=ca");
    assert_null(requirement.subject);
    assert_string_equal(requirement.cipher, "AES");
    tls_requirement_fini(&requirement);
    assert_null(requirement.issuer);
}

TEST(memory_out_is_told)
{
    for (long n = 0; n < 2; n++) {
        struct tls_requirement requirement;
        mem_fail_after(n);
        assert_false(tls_requirement_set(&requirement, ACCOUNT_TLS_SPECIFIED, SPAN_LITERAL("/CN=a"),
                                         SPAN_LITERAL("/CN=b"), SPAN_NONE));
        mem_fail_after(-1);
        tls_requirement_fini(&requirement);
    }
}

/* A name asked for means that a certificate is needed, whatever `require` says. */
TEST(settings_become_requirements)
{
    char name[] = "/CN=a";
    const struct {
        int require;
        char *subject, *issuer;
        enum account_tls tls;
    } rows[] = {
        { ACCOUNT_TLS_NONE, NULL, NULL, ACCOUNT_TLS_NONE },
        { ACCOUNT_TLS_ANY, NULL, NULL, ACCOUNT_TLS_ANY },
        { ACCOUNT_TLS_X509, NULL, NULL, ACCOUNT_TLS_X509 },
        { ACCOUNT_TLS_NONE, name, NULL, ACCOUNT_TLS_SPECIFIED },
        { ACCOUNT_TLS_X509, NULL, name, ACCOUNT_TLS_SPECIFIED },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct user_settings settings = { .require = rows[i].require,
                                                .require_subject = rows[i].subject,
                                                .require_issuer = rows[i].issuer };
        struct tls_requirement requirement;
        assert_true(user_settings_read_requirement(&settings, &requirement));
        assert_int_equal(requirement.tls, rows[i].tls);
        assert_int_equal(requirement.subject != NULL, rows[i].subject != NULL);
        assert_int_equal(requirement.issuer != NULL, rows[i].issuer != NULL);
        tls_requirement_fini(&requirement);
    }
}

RUN_TESTS(NULL, NULL)
