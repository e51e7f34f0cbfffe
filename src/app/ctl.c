/* headgatectl: says one command to a running headgate and prints what it answers; without a command, a
 * prompt.
 *
 *   main ─┬─ run_once:   link_open → link_send → link_answer (up to the end of the connection) → print_answer
 *         └─ run_prompt: the same over one connection, each answer up to an empty line
 */
#include "base/error.h"
#include "base/str.h"

#include <editline/readline.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_DEFAULT "/run/headgate/admin.sock"
#define SOCKET_VARIABLE "HEADGATE_SOCKET"
#define WAIT_MS 10000 /* for the next bytes of an answer, or for room to send */
#define ANSWER_BYTES_MAX ((size_t)256 << 20)
#define READ_BYTES 16384U
#define HISTORY_FILE ".headgatectl_history"
#define HISTORY_LINES 1000

static const char usage[] =
    "usage: headgatectl [-s SOCKET] [--json] [COMMAND ...]\n"
    "\n"
    "Says COMMAND to a running headgate and prints the answer; without one, reads commands from a prompt.\n"
    "\n"
    "  -s, --socket PATH  where headgate listens (default: $" SOCKET_VARIABLE ", else " SOCKET_DEFAULT ")\n"
    "  -j, --json         answers in JSON\n"
    "  -V, --version      the version of this program\n"
    "  -h, --help         this text; `headgatectl help` lists the commands\n"
    "\n"
    "Exit status: 0, or 1 with the error on stderr.\n";

/* ---- commands ---- */

/* Which quote is open at the end of `text`: ' " ` or 0. A backslash keeps the next byte from ending ' and ".
 */
static char open_quote(struct span text)
{
    char open = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (open == 0 && (c == '\'' || c == '"' || c == '`'))
            open = c;
        else if (open == c)
            open = 0;
        else if (c == '\\' && open != 0 && open != '`')
            i++;
    }
    return open;
}

/* Bytes of the quoted text at the front, as much of it as is there; 0: none. */
static size_t quoted_bytes(struct span text)
{
    char quote = (char)text.data[0];
    if (quote != '\'' && quote != '"' && quote != '`')
        return 0;
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] == (uint8_t)quote)
            return i + 1;
        if (text.data[i] == '\\' && quote != '`')
            i++;
    }
    return text.len;
}

/* Bytes of the comment at the front, its line's end with it if that ends it; 0: none, or one that servers may
 * read. */
static size_t comment_bytes(struct span text)
{
    const char *data = (const char *)text.data, *end = NULL;
    bool is_dashes = text.len > 2 && data[0] == '-' && data[1] == '-' && text.data[2] <= ' ';
    bool is_block = text.len > 2 && data[0] == '/' && data[1] == '*' && strchr("!M+", data[2]) == NULL;
    if (is_block)
        end = memmem(data + 2, text.len - 2, "*/", 2);
    else if (is_dashes || data[0] == '#')
        end = memchr(data, '\n', text.len);
    return end == NULL ? 0 : (size_t)(end - data) + (is_block ? 2 : 1);
}

/* SQL in as few lines as its quotes allow: a newline means a blank; so does a comment, or an empty one,
 * except after the beginning of one that servers may read, in which there is no room for another. */
static void join_lines(struct span sql, struct text *line)
{
    bool is_executable = false;
    while (sql.len > 0) {
        size_t quoted = quoted_bytes(sql), comment = comment_bytes(sql);
        size_t len = quoted > 0 ? quoted : comment > 0 ? comment : 1;
        is_executable |= comment == 0 && sql.len > 1 && memcmp(sql.data, "/*", 2) == 0;
        if (comment > 0 || sql.data[0] == '\n')
            (void)text_append_cstr(line, comment == 0 || is_executable ? " " : "/**/");
        else
            (void)text_append_span(line, span_of(sql.data, len));
        sql = span_of(sql.data + len, sql.len - len);
    }
}

/* `words` as one command: a newline outside quotes would end it. */
static bool make_command(struct span words, bool is_json, struct text *command, struct error *err)
{
    if (is_json)
        (void)text_append_cstr(command, "json ");
    join_lines(words, command);
    char quote = open_quote(text_span(command));
    if (quote != 0)
        return error_set(err, EINVAL, "the command has a %c that is not closed", quote);
    return text_append_byte(command, '\n') || error_set(err, ENOMEM, "out of memory");
}

/* ---- the connection ---- */

struct link {
    const char *path;    /* borrows */
    int fd;              /* -1: closed */
    bool is_interactive; /* each answer ends with an empty line, not with the connection */
    struct text in;      /* owns: received and not yet answered with */
};

static void link_close(struct link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
    text_clear(&link->in);
}

static bool link_open(struct link *link, struct error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!span_copy_cstr(span_cstr(link->path), address.sun_path, sizeof address.sun_path))
        return error_set(err, ENAMETOOLONG, "the path of the socket is too long: %s", link->path);
    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0)
        return error_errno(err, errno, "no socket");
    if (connect(link->fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return true;
    int why = errno;
    link_close(link);
    return error_errno(err, why, "connect to headgate at %s", link->path);
}

static bool link_wait(const struct link *link, short events, struct error *err)
{
    struct pollfd waiter = { .fd = link->fd, .events = events };
    int ready;
    do
        ready = poll(&waiter, 1, WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return error_errno(err, errno, "wait for headgate at %s", link->path);
    if (ready == 0)
        return error_set(err, ETIMEDOUT, "headgate at %s: nothing for %d seconds", link->path,
                         WAIT_MS / 1000);
    return true;
}

static bool link_send(struct link *link, struct span bytes, struct error *err)
{
    while (bytes.len > 0) {
        ssize_t sent = send(link->fd, bytes.data, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return error_errno(err, errno, "send to headgate at %s", link->path);
        if (sent < 0 && !link_wait(link, POLLOUT, err))
            return false;
        if (sent > 0)
            bytes = span_of(bytes.data + sent, bytes.len - (size_t)sent);
    }
    return true;
}

/* Receive once; *is_end_r at the end of the connection. */
static bool link_receive(struct link *link, bool *is_end_r, struct error *err)
{
    char *place = text_reserve(&link->in, READ_BYTES);
    if (place == NULL || link->in.len > ANSWER_BYTES_MAX)
        return error_set(err, ENOMEM, "the answer is too long");
    if (!link_wait(link, POLLIN, err))
        return false;
    ssize_t got = recv(link->fd, place, READ_BYTES, 0);
    if (got < 0)
        return error_errno(err, errno, "receive from headgate at %s", link->path);
    link->in.len += (size_t)got;
    *is_end_r = got == 0;
    return true;
}

/* Bytes of the answer at the front that ends with an empty line, that line not counted; false when more must
 * come. *seen is where to go on looking. */
static bool find_end(const struct text *in, size_t *seen, size_t *len_r)
{
    if (in->len > 0 && in->data[0] == '\n') {
        *len_r = 0;
        return true;
    }
    const char *end = in->len > *seen ? memmem(in->data + *seen, in->len - *seen, "\n\n", 2) : NULL;
    *seen = in->len > 0 ? in->len - 1 : 0;
    if (end != NULL)
        *len_r = (size_t)(end - in->data) + 1;
    return end != NULL;
}

/* One whole answer, appended to `answer`. */
static bool link_answer(struct link *link, struct text *answer, struct error *err)
{
    size_t seen = 0, len = 0;
    bool is_end = false;
    while (!is_end) {
        if (link->is_interactive && find_end(&link->in, &seen, &len)) {
            (void)text_append(answer, link->in.data, len);
            text_consume(&link->in, len + 1);
            return true;
        }
        if (!link_receive(link, &is_end, err))
            return false;
    }
    if (link->is_interactive || link->in.len == 0)
        return error_set(err, ECONNRESET, "headgate at %s closed the connection without an answer",
                         link->path);
    (void)text_append_span(answer, text_span(&link->in));
    return true;
}

static bool ask(struct link *link, struct span words, bool is_json, struct text *answer, struct error *err)
{
    struct text command = { 0 };
    bool is_answered = make_command(words, is_json, &command, err) &&
                       link_send(link, text_span(&command), err) && link_answer(link, answer, err);
    text_fini(&command);
    return is_answered;
}

/* ---- answers ---- */

static bool begins(const struct text *text, const char *word)
{
    size_t len = strlen(word);
    return text->len >= len && memcmp(text->data, word, len) == 0;
}

/* True when it is no error: those go to stderr. */
static bool print_answer(const struct text *answer)
{
    bool is_error = begins(answer, "error:") || begins(answer, "{\"error\"");
    FILE *out = is_error ? stderr : stdout;
    bool is_written = answer->len == 0 || fwrite(answer->data, 1, answer->len, out) == answer->len;
    if (answer->len > 0 && answer->data[answer->len - 1] != '\n')
        (void)fputc('\n', out);
    return fflush(out) == 0 && is_written && !is_error;
}

static bool print_failure(const struct error *err)
{
    (void)fprintf(stderr, "headgatectl: %s\n", err->text);
    return false;
}

static bool run_once(struct link *link, struct span words, bool is_json)
{
    struct text answer = { 0 };
    struct error err = { 0 };
    bool is_good = link_open(link, &err) && ask(link, words, is_json, &answer, &err);
    is_good = is_good ? print_answer(&answer) : print_failure(&err);
    text_fini(&answer);
    return is_good;
}

/* ---- completion ---- */

/* What `help` answered: one command a line, its words before the first two blanks. libedit's callbacks carry
 * no context, hence a global. */
static struct text help;

/* The first column of the help line at `from`, and the start of the next line. */
static struct span help_phrase(size_t from, size_t *next_r)
{
    const char *line = help.data + from;
    size_t len = help.len - from;
    const char *end = memchr(line, '\n', len);
    size_t line_len = end == NULL ? len : (size_t)(end - line);
    const char *gap = memmem(line, line_len, "  ", 2);
    *next_r = from + (end == NULL ? len : line_len + 1);
    return span_of(line, gap == NULL ? line_len : (size_t)(gap - line));
}

/* The word of `phrase` that follows `before` and begins with `word`; words in capitals stand for something
 * else. */
static char *next_word(struct span phrase, struct span before, const char *word)
{
    size_t word_len = strlen(word);
    if (phrase.len < before.len + word_len || !span_equal_nocase(span_of(phrase.data, before.len), before))
        return NULL;
    const char *rest = (const char *)phrase.data + before.len;
    size_t rest_len = phrase.len - before.len;
    const char *blank = memchr(rest, ' ', rest_len);
    size_t len = blank == NULL ? rest_len : (size_t)(blank - rest);
    if (len < word_len || len == 0 || strncasecmp(rest, word, word_len) != 0 || rest[0] < 'a' ||
        rest[0] > 'z')
        return NULL;
    return strndup(rest, len);
}

/* The next word that some phrase after *from offers; NULL at the end. */
static char *find_word(size_t *from, size_t to, struct span before, const char *word)
{
    char *found = NULL;
    while (found == NULL && *from < to)
        found = next_word(help_phrase(*from, from), before, word);
    return found;
}

/* `show` is the first word of many commands: offer it once. */
static bool is_repeated(const char *found, size_t to, struct span before, const char *word)
{
    size_t from = 0;
    bool is_same = false;
    while (!is_same && from < to) {
        char *earlier = find_word(&from, to, before, word);
        is_same = earlier != NULL && from < to && strcmp(earlier, found) == 0;
        free(earlier);
    }
    return is_same;
}

/* libedit calls this until NULL; `state` is 0 the first time. It frees what it gets. */
static char *complete_word(const char *word, int state)
{
    static size_t from;
    size_t typed = strlen(rl_line_buffer), word_len = strlen(word),
           point = rl_point < 0 ? 0 : (size_t)rl_point;
    struct span before = span_of(rl_line_buffer, point >= word_len && point <= typed ? point - word_len : 0);
    if (state == 0)
        from = 0;
    char *found = find_word(&from, help.len, before, word);
    while (found != NULL && is_repeated(found, from, before, word)) {
        free(found);
        found = find_word(&from, help.len, before, word);
    }
    return found;
}

static char **complete(const char *word, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1; /* never fall back to file names */
    return rl_completion_matches(word, complete_word);
}

/* ---- the prompt ---- */

static bool prompt_connect(struct link *link, struct error *err)
{
    link->is_interactive = true;
    text_clear(&help);
    bool is_open = link_open(link, err) && link_send(link, SPAN_LITERAL("interactive\nhelp\n"), err);
    /* `interactive` may answer with nothing but its empty line; help never does. */
    while (is_open && help.len == 0)
        is_open = link_answer(link, &help, err);
    if (!is_open)
        link_close(link);
    return is_open;
}

static bool prompt_run(struct link *link, struct span words, bool is_json)
{
    struct text answer = { 0 };
    struct error err = { 0 };
    bool is_good = link->fd >= 0 || prompt_connect(link, &err);
    is_good = is_good && ask(link, words, is_json, &answer, &err);
    if (!is_good && err.code != EINVAL)
        link_close(link); /* out of step, or gone: the next command begins anew */
    is_good = is_good ? print_answer(&answer) : print_failure(&err);
    text_fini(&answer);
    return is_good;
}

/* The next line, without its newline, from malloc; NULL at the end. */
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

/* One command: lines as long as a quote is open. False at the end of input. */
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
    } while (open_quote(text_span(command)) != 0 && !command->is_oom);
    return !command->is_oom;
}

static bool is_blank(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\n')
            return false;
    return true;
}

static bool is_farewell(struct span text)
{
    return span_is(text, "quit") || span_is(text, "exit") || span_is(text, "quit;") ||
           span_is(text, "exit;") || span_is(text, "\\q");
}

static void history_begin(struct text *path)
{
    const char *home = getenv("HOME");
    rl_readline_name = "headgatectl";
    rl_attempted_completion_function = complete;
    using_history();
    stifle_history(HISTORY_LINES);
    if (home == NULL || !isatty(STDIN_FILENO))
        return;
    (void)text_appendf(path, "%s/%s", home, HISTORY_FILE);
    (void)read_history(text_cstr(path));
}

static void history_end(struct text *path)
{
    (void)umask(S_IRWXG | S_IRWXO);
    if (path->len > 0)
        (void)write_history(text_cstr(path));
    text_fini(path);
}

static bool run_prompt(struct link *link, bool is_json)
{
    struct text command = { 0 }, history = { 0 };
    struct error err = { 0 };
    bool is_good = prompt_connect(link, &err) || print_failure(&err);
    if (!is_good)
        return false;
    history_begin(&history);
    while (read_command(&command) && !is_farewell(text_span(&command))) {
        if (is_blank(text_span(&command)))
            continue;
        (void)add_history(text_cstr(&command));
        is_good = prompt_run(link, text_span(&command), is_json) && is_good;
    }
    history_end(&history);
    text_fini(&command);
    text_fini(&help);
    return is_good ||
           isatty(STDIN_FILENO); /* a person has read the errors; a script learns of them at the end */
}

/* ---- main ---- */

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "version", no_argument, NULL, 'V' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static const char *default_socket(void)
{
    const char *path = getenv(SOCKET_VARIABLE);
    return path != NULL && path[0] != '\0' ? path : SOCKET_DEFAULT;
}

static bool run(struct link *link, char **words, bool is_json)
{
    struct text command = { 0 };
    if (*words == NULL)
        return run_prompt(link, is_json);
    for (; *words != NULL; words++) {
        if (command.len > 0)
            (void)text_append_byte(&command, ' ');
        (void)text_append_cstr(&command, *words);
    }
    bool is_good = run_once(link, text_span(&command), is_json);
    text_fini(&command);
    return is_good;
}

int main(int argc, char **argv)
{
    struct link link = { .path = default_socket(), .fd = -1 };
    bool is_json = false;
    int option;
    while ((option = getopt_long(argc, argv, "+s:jVh", options, NULL)) !=
           -1) { /* +: the command's words are its own */
        if (option == 's')
            link.path = optarg;
        else if (option == 'j')
            is_json = true;
        else if (option == 'V')
            return printf("headgatectl %s\n", HEADGATE_VERSION) < 0;
        else
            return fputs(usage, option == 'h' ? stdout : stderr) == EOF || option != 'h';
    }
    bool is_good = run(&link, argv + optind, is_json);
    link_close(&link);
    text_fini(&link.in);
    return is_good ? 0 : 1;
}
