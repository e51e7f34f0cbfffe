#include "../base/unit.h"

#include "mysql/auth.h"

/* Made by glibc's crypt(): "$5$rounds=…$salt$digest". */
TEST(digests_are_those_of_crypt)
{
    static const struct {
        const char *password, *salt, *digest;
        unsigned rounds;
    } rows[] = {
        { "Hello world!", "saltstring", "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", 5000 },
        { "Hello world!", "saltstringsaltst", "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", 10000 },
        { "", "x", "kIBhdUvT3pHpfTjzR8s1XJu3y/HRJeFxMSffBtF8jx9", 1000 },
        { "ppppppppppppppppppppppppppppppppp", "abc", "4xi3KbV9tqbmeA5w0jN24jsIGRknSprD2vAVtbBGYKC", 1000 },
        { "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp", "0123456789abcdef",
          "PjisQKb2FeT4TXpEHtMEsfhooNOWy.WqPtn4vLYs.a4", 5000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char digest[CRYPT_DIGEST_CHARS + 1] = { 0 };
        assert_true(
            crypt_sha256(span_cstr(rows[i].password), span_cstr(rows[i].salt), rows[i].rounds, digest));
        assert_string_equal(digest, rows[i].digest);
    }
}

#define SALT                                                                                                 \
    "0123456789\x01\x02\x7f"                                                                                 \
    "defghij"

static struct span make_hash(char hash[128], const char *head, const char *password)
{
    size_t len = strlen(head);
    memcpy(hash, head, len);
    memcpy(hash + len, SALT, CRYPT_SALT_BYTES);
    assert_true(crypt_sha256(span_cstr(password), span_of(SALT, CRYPT_SALT_BYTES), 5000,
                             hash + len + CRYPT_SALT_BYTES));
    return span_of(hash, len + CRYPT_SALT_BYTES + CRYPT_DIGEST_CHARS);
}

TEST(stored_form_of_caching_sha2_is_checked)
{
    char hash[128];
    struct auth_secret secret;
    struct span stored = make_hash(hash, "$A$005$", "secret");
    assert_true(auth_secret_from_sha2_hash(&secret, stored));
    assert_true(secret.is_sha2 && secret.has_crypt && !secret.has_password);
    assert_int_equal(secret.crypt_rounds, 5000);
    assert_false(auth_sha2_check(&secret, SPAN_LITERAL("secre")));
    assert_false(auth_sha2_check(&secret, SPAN_LITERAL("")));
    assert_false(secret.has_password);
    assert_true(auth_sha2_check(&secret, SPAN_LITERAL("secret")));
    assert_true(secret.has_password && secret.is_sha2);
    assert_string_equal(secret.password, "secret");
}

TEST(other_forms_are_refused)
{
    static const char *const heads[] = { "$A$00$", "$B$005$", "$A$0x5$", "$A$005:", "$5$005$", "" };
    char hash[128];
    struct auth_secret secret;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        assert_false(auth_secret_from_sha2_hash(&secret, make_hash(hash, heads[i], "x")));
    struct span stored = make_hash(hash, "$A$005$", "x");
    assert_false(auth_secret_from_sha2_hash(&secret, span_of(stored.data, stored.len - 1)));
    assert_true(auth_secret_from_sha2_hash(&secret, SPAN_NONE)); /* an account without a password */
    assert_true(secret.has_password && secret.password_len == 0 && secret.is_sha2 && !secret.has_crypt);
}

RUN_TESTS(NULL, NULL)
