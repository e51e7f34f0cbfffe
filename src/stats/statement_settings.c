#include "stats/statement_settings.h"

#include "access/limit_settings.h"
#include "base/log.h"

#define MICROSECOND 1
#define DAY (24 * 3600 * 1000000LL)

static const struct setting_word format_words[] = {
    { .name = "text", .value = LOG_FORMAT_TEXT },
    { .name = "json", .value = LOG_FORMAT_JSON },
    { .name = NULL },
};

static bool check_path(const char *path, struct error *err)
{
    return path[0] == '/' || error_set(err, 0, "\"%.100s\" does not begin with /", path);
}

static const struct setting statement_settings[] = {
    SETTING("digests", INTEGER, struct statement_settings, digests, .words = limit_words, .min = 1,
            .max = 100000, .fallback = "1000", .effect = EFFECT_RESTART,
            .doc = "How many different statements of each user are counted by each worker (`show "
                   "digests`). Statements that differ only in literals are one. When there are more, "
                   "those that took the least time are summed up in one row. Each takes up to 2 KiB of "
                   "memory in each worker. \"off\": no statistics, and no log of statements either."),
    SETTING("slow", DURATION, struct statement_settings, slow_us, .min = MICROSECOND, .max = DAY,
            .may_be_off = true, .fallback = "off", .effect = EFFECT_RESTART,
            .doc = "Statements that took at least this long, from the client's command until it had the "
                   "whole reply, are written to slow_file."),
    SETTING("slow_file", STRING, struct statement_settings, slow_file, .check = check_path,
            .fallback = "/var/log/headgate/slow.log", .effect = EFFECT_RESTART,
            .doc = "The log of slow statements, one line each; not opened while slow is \"off\". SIGUSR1 "
                   "opens it again, for logrotate. Lines that cannot be written are lost, and counted in "
                   "`show stats`."),
    SETTING("sample", INTEGER, struct statement_settings, sample, .words = limit_words, .min = 1,
            .max = 1000000000, .fallback = "off", .effect = EFFECT_RESTART,
            .doc = "One statement in this many, in each worker, is written to query_file, slow or not. 1 "
                   "is every statement: one line and one write(2) each, by the thread that carries the "
                   "traffic."),
    SETTING("query_file", STRING, struct statement_settings, query_file, .check = check_path,
            .fallback = "/var/log/headgate/query.log", .effect = EFFECT_RESTART,
            .doc = "The log of sampled statements, as slow_file; not opened while sample is \"off\"."),
    SETTING("format", ENUM, struct statement_settings, format, .words = format_words, .fallback = "text",
            .effect = EFFECT_RESTART,
            .doc = "Of slow_file and query_file: \"text\" (key=value) for people, \"json\" (one object a "
                   "line) for collectors."),
    SETTING("literals", BOOL, struct statement_settings, literals, .fallback = "false",
            .effect = EFFECT_RESTART,
            .doc = "Whether these logs show statements as clients sent them, up to 2 KiB; otherwise "
                   "literals are question marks. Statements that may contain a password or a key (CREATE "
                   "USER, SET PASSWORD, PREPARE, AES_ENCRYPT and others with such a word) never appear "
                   "with literals, and parameters of prepared statements never appear."),
};

const struct section statement_section = {
    .name = "statements",
    .doc = "Statistics and logs of statements.",
    .size_bytes = sizeof(struct statement_settings),
    SECTION_ROWS(statement_settings),
};
