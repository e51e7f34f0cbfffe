#include "stats/statement_log.h"

#include "base/log.h"

#include <stddef.h>

#define FIELD_MAX_BYTES 256 /* of a name; the text, which is the last field, takes the rest of the line */

static const struct {
    const char *name;
    bool is_number;
    size_t at;
} fields[] = {
#define STATEMENT_NUMBER(name) { #name, true, offsetof(struct statement_record, name) },
#define STATEMENT_TEXT(name) { #name, false, offsetof(struct statement_record, name) },
    STATEMENT_FIELDS
#undef STATEMENT_NUMBER
#undef STATEMENT_TEXT
};

static const struct {
    const char *word;
    const char *loss;
} files[STATEMENT_FILES] = {
    [STATEMENT_SLOW] = { "slow", "slow_lines_lost" },
    [STATEMENT_QUERY] = { "query", "query_lines_lost" },
};

/* Numbers are written even if they are 0; only an error number of 0 is left out. */
static bool is_told(size_t i, uint64_t number)
{
    return number > 0 || fields[i].at != offsetof(struct statement_record, error);
}

struct span statement_log_line(struct line *line, enum statement_file file, bool is_json,
                               const struct statement_record *record)
{
    line_begin(line, is_json, LINE_MAX_BYTES);
    line_time(line);
    line_word(line, "log", files[file].word);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const void *value = (const char *)record + fields[i].at;
        bool is_text = fields[i].at == offsetof(struct statement_record, text);
        if (!fields[i].is_number) {
            const struct span *text = value;
            if (text->len > 0)
                line_text(line, fields[i].name, *text, is_text ? LINE_MAX_BYTES : FIELD_MAX_BYTES);
        } else if (is_told(i, *(const uint64_t *)value)) {
            line_number(line, fields[i].name, *(const uint64_t *)value);
        }
    }
    return line_end(line);
}

void statement_log_write(struct statement_log *log, enum statement_file file,
                         const struct statement_record *record)
{
    struct line line;
    bool is_json = log->settings->format == LOG_FORMAT_JSON;
    sink_write(&log->sinks[file], statement_log_line(&line, file, is_json, record));
}

bool statement_log_open(struct statement_log *log, const struct statement_settings *settings,
                        struct error *err)
{
    *log = (struct statement_log){ .settings = settings };
    if (settings->slow_us > 0 && !sink_open(&log->sinks[STATEMENT_SLOW], settings->slow_file, err))
        return error_wrap(err, "the log of slow statements");
    if (settings->sample > 0 && !sink_open(&log->sinks[STATEMENT_QUERY], settings->query_file, err))
        return error_wrap(err, "the log of statements");
    return true;
}

void statement_log_reopen(struct statement_log *log)
{
    for (size_t i = 0; i < STATEMENT_FILES; i++) {
        struct error err = { 0 };
        if (sink_is_open(&log->sinks[i]) && !sink_reopen(&log->sinks[i], &err))
            log_warning(NULL, "lines go on to the former file: %s", err.text);
    }
}

void statement_log_close(struct statement_log *log)
{
    for (size_t i = 0; i < STATEMENT_FILES; i++)
        sink_close(&log->sinks[i]);
}

const char *statement_log_loss_name(enum statement_file file)
{
    return files[file].loss;
}
