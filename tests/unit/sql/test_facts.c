/* The question about earlier statements that stands for all that a statement asks. */
#include "../base/unit.h"

#include "sql/facts.h"

TEST(several_questions_are_one_about_the_last_statement)
{
    struct sql_facts facts = { 0 };
    facts_ask(&facts, 0);
    assert_int_equal(facts.question, SQL_ASKS_NOTHING);
    for (unsigned first = SQL_ASKS_LAST; first <= SQL_ASKS_DIAGNOSTICS; first++)
        for (unsigned second = SQL_ASKS_LAST; second <= SQL_ASKS_DIAGNOSTICS; second++) {
            facts = (struct sql_facts){ 0 };
            facts_ask(&facts, 1u << first);
            assert_int_equal(facts.question, first);
            facts_ask(&facts, 0);
            assert_int_equal(facts.question, first);
            facts_ask(&facts, 1u << second);
            assert_int_equal(facts.question, first == second ? first : (unsigned)SQL_ASKS_LAST);
            assert_int_equal(facts.questions, 1u << first | 1u << second);
        }
}

RUN_TESTS(NULL, NULL)
