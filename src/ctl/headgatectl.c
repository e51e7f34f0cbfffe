/* headgatectl: sends one command to a running headgate and prints the answer. Without a command it shows a
 * prompt. `top` shows the state of headgate every second.
 *
 *   main ─┬─ run_once:   link_open → link_ask → answer_print
 *         ├─ prompt_run: link_open_lasting, then link_ask → answer_print for each command
 *         └─ top_run:    link_open_lasting, then several link_ask_table → frame_build each second */
#include "ctl/answer.h"
#include "ctl/link.h"
#include "ctl/prompt.h"
#include "ctl/top.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_DEFAULT "/run/headgate/admin.sock"
#define SOCKET_VARIABLE "HEADGATE_SOCKET"

enum exit_status { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: headgatectl [-s SOCKET] [--json] [COMMAND ...]\n"
    "       headgatectl [-s SOCKET] top\n"
    "\n"
    "Sends COMMAND to a running headgate and prints the answer; without COMMAND, reads commands from a "
    "prompt.\n"
    "`top` refreshes servers, sessions and digests every second; q ends it.\n"
    "\n"
    "  -s, --socket PATH  the admin socket (default: $" SOCKET_VARIABLE ", else " SOCKET_DEFAULT ")\n"
    "  -j, --json         answers in JSON\n"
    "  -V, --version      the version of this program\n"
    "  -h, --help         this text; `headgatectl help` lists the commands\n"
    "\n"
    "Exit status: 0; 1 with the error on stderr, or when `doctor` has found one; 2 for wrong "
    "options.\n";

static const struct option options[] = {
    { "socket", required_argument, NULL, 's' },
    { "json", no_argument, NULL, 'j' },
    { "version", no_argument, NULL, 'V' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

static bool run_once(struct link *link, struct span words, bool is_json)
{
    struct text answer = { 0 };
    struct error err = { 0 };
    bool is_good = link_open(link, &err) && link_ask(link, words, is_json, &answer, &err);
    is_good = is_good ? answer_print(&answer, words) : answer_print_failure(&err);
    text_fini(&answer);
    return is_good;
}

static enum exit_status run_words(struct link *link, char **words, bool is_json)
{
    struct text command = { 0 };
    bool is_top = strcmp(words[0], "top") == 0;
    if (is_top && (is_json || words[1] != NULL)) {
        (void)fputs("headgatectl: top takes neither --json nor arguments\n", stderr);
        return EXIT_USAGE;
    }
    for (; *words != NULL; words++) {
        if (command.len > 0)
            (void)text_append_byte(&command, ' ');
        (void)text_append_cstr(&command, *words);
    }
    bool is_good = is_top ? top_run(link) : run_once(link, text_span(&command), is_json);
    text_fini(&command);
    return is_good ? EXIT_GOOD : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    const char *path = getenv(SOCKET_VARIABLE);
    struct link link = { .path = path != NULL && path[0] != '\0' ? path : SOCKET_DEFAULT, .fd = -1 };
    bool is_json = false;
    int option;
    while ((option = getopt_long(argc, argv, "+s:jVh", options, NULL)) !=
           -1) { /* +: options end at the first word of the command */
        if (option == 's')
            link.path = optarg;
        else if (option == 'j')
            is_json = true;
        else if (option == 'V')
            return printf("headgatectl %s\n", HEADGATE_VERSION) < 0;
        else if (option == 'h')
            return fputs(usage, stdout) == EOF;
        else
            return fputs(usage, stderr) == EOF ? EXIT_FAILED : EXIT_USAGE;
    }
    enum exit_status status = argv[optind] != NULL         ? run_words(&link, argv + optind, is_json)
                              : prompt_run(&link, is_json) ? EXIT_GOOD
                                                           : EXIT_FAILED;
    link_close(&link);
    text_fini(&link.in);
    return (int)status;
}
