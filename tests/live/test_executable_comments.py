"""Executable comments: where headgate has no doubt, the server must do what headgate read.

Each text is one column, and holds a second one that is a function no replica may run. The server says by the number of
columns whether that was code; `explain` says it by its reason.
"""

import pymysql
import pytest

from headgate import rows
from admin_socket import ctl_json

pytestmark = [pytest.mark.room("sql", "tokens"), pytest.mark.smoke]

CODE, COMMENT, DOUBT, ERROR = "code", "comment", "doubt", "error"
FUNCTION = ", SLEEP(0)"

VERSIONS = ["", "00000", "32302", "40001", "40101", "50001", "50503", "50600", "50699", "50700", "50701", "50708", "60000",
            "80000", "80001", "80016", "80400", "90000", "90704", "90800", "99999", "000000", "040101", "050699",
            "050700", "080000", "099999", "100000", "100100", "100500", "100600", "100601", "101100", "101119", "101200",
            "110400", "110806", "110807", "120000", "261000", "500000", "989999", "990000", "999999"]
SHAPES = ["/*!%s f */", "/*!%sf*/", "/*!%s\tf*/", "/*!%s\nf*/", "/*!%s/**/f*/", "/*!%s /* x */ f*/", "/*!%s f /* x */*/",
          "/*M!%s f */", "/*M!%sf*/", "/*M!%s /* x */ f*/"]
OTHERS = [
    "/*m!40101 f */", "/*! 40101 f */", "/* !40101 f */", "/*!\n40101 f */", "/*M !40101 f */", "/*/ f */", "/**/ f",
    # who ends what
    "/*!40101 /*!99999 f */ */", "/*!40101 /*!99999 x */ f */", "/*!40101 /*!40101 f */", "/*!40101 f /*!40101 */",
    "/*!40101 /*M!40101 f */ */", "/*!99999 /*!40101 f */ */", "/*!99999 /*!40101 x */ f */", "/*!99999 /* x */ */ f",
    "/*!99999 /*/ x */ f */", "/*!99999 /*/ x */*/ f", "/*!99999/*x*//*y*/*/ f", "/*!99999 /* /* x */ */ f",
    "/*!99999 x */ f", "/*!99999*/ f", "/*!40101*/ f", "/*!*/ f", "/*M!*/ f", "/*M!999999*/ f", "/*M!999999 /* */ */ f",
    "/*M!999999\\- x */ f", "/*!999999\\- x */ f",
    # quotes and lines in it
    "/*!40101 , '*/' */", "/*!40101 , '*/' f */", "/*!99999 ' */ f /* ' */", "/*!99999 -- */ f", "/*!40101 -- */\n f */",
    "/*!99999 -- */\n f", "/*!40101 # */\n f */", "/*!40101 , \"*/\" f */",
    # digits and what stands behind them
    ", /*!4010*/ f", ", /*!401012*/ f", ", /*!401012 */ 1 f", ", /*!4010123*/ f", ", /*!4010.5*/ f", ", /*!40101.5*/ f",
    "/*!401012 f */", "/*!1005001 f*/", ", /*!1005001*/ f", "/*!999999f*/", "/*!999999/**/f*/", "/*!999999*/ f",
    ", /*!401011*/ f", "/*!40101+1*/ f", "/*!40101e1 f*/",
    # not closed
    "f /*!40101", "f /*!99999", "f /*!99999 /* */", "f /*M!999999 /* */", "f */",
]


def texts():
    for shape in SHAPES:
        yield from (shape % version for version in VERSIONS)
    yield from OTHERS


def what_the_server_does(db, sql):
    try:
        found = rows(db, sql)
    except pymysql.err.ProgrammingError as error:
        assert error.args[0] == 1064, (sql, error)
        return ERROR
    return CODE if 0 in found[0][1:] else COMMENT


def what_headgate_reads(hg, sql):
    told, = ctl_json(hg, "explain", sql)
    if "executable comment" in told["statement"] or "quotes or comments" in told["statement"]:
        return DOUBT
    return CODE if told["place"] == "primary" else COMMENT


def compare(hg, db):
    """{text: (what headgate reads, what the server does)} of what is no error anyway."""
    found = {}
    for text in texts():
        sql = "SELECT 1 " + text.replace("f", FUNCTION, 1)
        does = what_the_server_does(db, sql)
        if does != ERROR:
            found[sql] = (what_headgate_reads(hg, sql), does)
    return found


@pytest.mark.long
def test_what_is_not_doubted_is_what_the_server_does(hg, cluster):
    primary = cluster.primary()
    with pymysql.connect(host=primary.host, port=primary.port, user="app", password="app_pw", autocommit=True) as db:
        found = compare(hg, db)
    wrong = {sql: both for sql, both in found.items() if both[0] not in (DOUBT, both[1])}
    assert not wrong
    sure = [both[1] for both in found.values() if both[0] != DOUBT]
    assert sure.count(CODE) > 80 and sure.count(COMMENT) > 80, (sure.count(CODE), sure.count(COMMENT), len(found))


@pytest.mark.parametrize("sql, place, kind", [
    ("SELECT /*!40001 SQL_NO_CACHE */ * FROM t", "replica", "select"),
    ("/*!40101 SET NAMES utf8 */", "primary", "set"),
    ("/*!40000 ALTER TABLE t DISABLE KEYS */", "primary", "ddl"),
])
def test_a_dumps_comments_are_read(hg, sql, place, kind):
    told, = ctl_json(hg, "explain", sql)
    assert (told["place"], told["kind"], told["then_pinned"]) == (place, kind, "no"), told
