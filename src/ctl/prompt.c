#include "ctl/prompt.h"

#include "ctl/answer.h"
#include "ctl/line.h"
#include "ctl/completion.h"
#include "ctl/top.h"

#include <editline/readline.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY_FILE ".headgatectl_history"
#define HISTORY_LINES 1000

/* ---- completion ---- */

/* libedit's callbacks carry no context: these variables are their context. */
static struct link *asked;      /* borrows: completion asks for names here */
static struct json_table help;  /* owns: every command */
static struct completion found; /* owns: for the word being completed */

/* Words that headgatectl itself understands, besides headgate's commands. */
static const char *const locals[] = { "top", "quit", "exit", "json" };

/* For each kind of argument: the command and the column that list its values. */
static const struct {
    const char *argument;
    const char *question;
    const char *column;
} names[] = {
    { "SERVER", "show servers", "name" }, { "CLUSTER", "show clusters", "cluster" },
    { "SESSION", "show sessions", "id" }, { "ID", "show sessions", "id" },
    { "USER", "show users", "name" },
};

static void offer_column(const char *question, const char *column, struct span typed)
{
    struct json_table table;
    struct error err = { 0 };
    struct text name = { 0 };
    if (!link_ask_table(asked, question, &table, &err))
        return;
    for (size_t i = 0; i < json_table_rows(&table); i++) {
        text_clear(&name);
        json_table_print(&table, i, column, &name);
        completion_add(&found, text_span(&name), typed);
    }
    text_fini(&name);
    json_table_fini(&table);
}

static struct span without_word(struct span line, const char *word)
{
    size_t len = strlen(word);
    bool is_there = line.len >= len && span_equal_nocase(span_of(line.data, len), span_cstr(word));
    return is_there ? span_of(line.data + len, line.len - len) : line;
}

static void offer(struct span before, struct span typed)
{
    before = without_word(before, "json ");
    for (size_t i = 0; before.len == 0 && i < sizeof locals / sizeof *locals; i++)
        completion_add(&found, span_cstr(locals[i]), typed);
    struct span argument = completion_argument(&help, before);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is(argument, names[i].argument))
            offer_column(names[i].question, names[i].column, typed);
    completion_commands(&found, &help, without_word(before, "help "), typed);
}

/* libedit calls this for each offered word until NULL; `state` is 0 at the first call. libedit frees the
 * words. */
static char *complete_word(const char *word, int state)
{
    static size_t next;
    size_t len = strlen(word), point = rl_point < 0 ? 0 : (size_t)rl_point;
    if (state == 0) {
        next = 0;
        completion_fini(&found);
        if (point >= len && point <= strlen(rl_line_buffer) && asked->fd >= 0)
            offer(span_of(rl_line_buffer, point - len), span_of(word, len));
    }
    const char *offered = completion_at(&found, next++);
    return offered == NULL ? NULL : strdup(offered);
}

static char **complete(const char *word, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1; /* never fall back to file names */
    return rl_completion_matches(word, complete_word);
}

/* ---- history ---- */

static void history_begin(struct text *path)
{
    const char *home = getenv("HOME");
    rl_readline_name = "headgatectl";
    rl_attempted_completion_function = complete;
    using_history();
    stifle_history(HISTORY_LINES);
    if (home == NULL || home[0] == '\0' || !isatty(STDIN_FILENO))
        return;
    (void)text_appendf(path, "%s/%s", home, HISTORY_FILE);
    (void)read_history(text_cstr(path));
}

/* Writes the history file, readable by its owner only, also if others could read it before: statements of
 * `explain` may contain secrets. */
static void history_end(struct text *path)
{
    int fd = path->len > 0 ? open(text_cstr(path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0)
        (void)write_history(text_cstr(path));
    if (fd >= 0)
        (void)close(fd);
    text_fini(path);
}

/* ---- commands ---- */

static bool connect_again(struct link *link, struct error *err)
{
    json_table_fini(&help);
    bool is_open = link_open_lasting(link, err) && link_ask_table(link, "help", &help, err);
    if (!is_open)
        link_close(link);
    return is_open;
}

static bool run_command(struct link *link, struct span words, bool is_json)
{
    struct text answer = { 0 };
    struct error err = { 0 };
    bool is_good = link->fd >= 0 || connect_again(link, &err);
    is_good = is_good && link_ask(link, words, is_json, &answer, &err);
    if (!is_good && err.code != EINVAL)
        link_close(link); /* the link is out of step or closed: the next command connects again */
    is_good = is_good ? answer_print(&answer, words) : answer_print_failure(&err);
    text_fini(&answer);
    return is_good;
}

/* The next line without its newline, or NULL at the end of input. The caller frees it (free). */
static char *read_line(const char *prompt)
{
    char *line = NULL;
    size_t size = 0;
    if (isatty(STDIN_FILENO))
        return readline(prompt);
    ssize_t len = getline(&line, &size, stdin);
    if (len < 0) {
        free(line);
        return NULL;
    }
    if (len > 0 && line[len - 1] == '\n')
        line[len - 1] = '\0';
    return line;
}

/* Reads one command: further lines while a quote is open. False: the input has ended, or memory is out. */
static bool read_command(struct text *command)
{
    text_clear(command);
    do {
        char *line = read_line(command->len == 0 ? "headgate> " : "       -> ");
        if (line == NULL)
            return false;
        if (command->len > 0)
            (void)text_append_byte(command, '\n');
        (void)text_append_cstr(command, line);
        free(line);
    } while (line_open_quote(text_span(command)) != 0 && !command->is_oom);
    return !command->is_oom;
}

/* The text without blanks around it and without semicolons at its end. */
static struct span trim(struct span text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\n'))
        text = span_of(text.data + 1, text.len - 1);
    while (text.len > 0 && (text.data[text.len - 1] <= ' ' || text.data[text.len - 1] == ';'))
        text.len--;
    return text;
}

static bool is_farewell(struct span words)
{
    return span_is_nocase(words, "quit") || span_is_nocase(words, "exit") || span_is(words, "\\q");
}

bool prompt_run(struct link *link, bool is_json)
{
    struct text command = { 0 }, history = { 0 };
    struct error err = { 0 };
    bool is_good = true;
    if (!connect_again(link, &err))
        return answer_print_failure(&err);
    asked = link;
    history_begin(&history);
    while (read_command(&command) && !is_farewell(trim(text_span(&command)))) {
        struct span words = trim(text_span(&command));
        if (words.len == 0)
            continue;
        (void)add_history(text_cstr(&command));
        is_good =
            (span_is_nocase(words, "top") ? top_run(link) : run_command(link, words, is_json)) && is_good;
    }
    history_end(&history);
    text_fini(&command);
    json_table_fini(&help);
    completion_fini(&found);
    return is_good || isatty(STDIN_FILENO);
}
