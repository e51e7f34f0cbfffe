/* The program headgate: reads and checks its configuration, and runs. */
#include "app/config.h"
#include "app/control.h"
#include "app/options.h"
#include "app/connect_check.h"
#include "base/log.h"
#include "net/descriptors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CUT 3 /* ended by a signal, and sessions that did not end in time were cut */

static int print(void (*write)(struct text *out), FILE *file)
{
    struct text out = { 0 };
    write(&out);
    bool is_whole = !out.is_oom && fwrite(out.data, 1, out.len, file) == out.len && fflush(file) == 0;
    text_fini(&out);
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check(const char *path, const struct config *config, bool connects)
{
    struct error err = { 0 };
    bool is_good = !connects || connect_check_run(config, stdout, &err);
    if (err.text[0] != '\0')
        (void)fprintf(stderr, "headgate: %s\n", err.text);
    (void)printf("%s: %s\n", path, is_good ? "good" : "good, but not every server answers its monitor");
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const char *path, bool is_check, bool connects)
{
    struct text errors = { 0 }, warnings = { 0 };
    struct error err = { 0 };
    struct config *config = config_load(path, &errors, &warnings);
    (void)fputs(text_cstr(&warnings), stderr);
    (void)fputs(text_cstr(&errors), stderr);
    text_fini(&errors);
    text_fini(&warnings);
    if (config == NULL)
        return EXIT_FAILURE;
    if (is_check) {
        int status = check(path, config, connects);
        config_free(&config);
        return status;
    }
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, STDERR_FILENO);
    descriptors_raise();
    enum control_end end = control_run(config, &err);
    if (end == CONTROL_NOT_STARTED)
        log_error(NULL, "cannot start: %s", err.text);
    return end == CONTROL_ENDED ? EXIT_SUCCESS : end == CONTROL_CUT ? EXIT_CUT : EXIT_FAILURE;
}

/* The row of an argument that only prints something, or NULL. */
static const struct option_row *find_printer(const char *argument)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].write != NULL &&
            (strcmp(argument, option_rows[i].name) == 0 || strcmp(argument, option_rows[i].longer) == 0))
            return &option_rows[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const char *path = CONFIG_PATH_DEFAULT;
    bool is_check = false, connects = false;
    for (int i = 1; i < argc; i++) {
        const struct option_row *printer = *argv[i] == '-' ? find_printer(argv[i]) : NULL;
        if (printer != NULL)
            return print(printer->write, stdout);
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (strcmp(argv[i], "-t") == 0) {
            is_check = true;
        } else if (strcmp(argv[i], "--connect") == 0) {
            connects = true;
        } else {
            (void)fprintf(stderr, "headgate: unknown argument '%s'\n", argv[i]);
            (void)print(options_write_usage, stderr);
            return EXIT_FAILURE;
        }
    }
    if (connects && !is_check) {
        (void)fprintf(stderr, "headgate: --connect goes with -t\n");
        return EXIT_FAILURE;
    }
    return run(path, is_check, connects);
}
