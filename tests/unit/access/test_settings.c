/* The settings of access, as the reference page tells them. */
#include "../settings/page_test.h"

#include "access/limit_settings.h"
#include "access/listener_settings.h"
#include "access/timeout_settings.h"
#include "access/user_settings.h"

TEST(the_page_tells_each_setting)
{
    assert_page_has(&limit_section);
    assert_page_has(&listener_section);
    assert_page_has(&timeout_section);
    assert_page_has(&user_section);
}

RUN_TESTS(NULL, NULL)
