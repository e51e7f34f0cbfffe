/* headgate: reads its configuration, checks it, runs. */
#include "app/config.h"
#include "app/control.h"
#include "app/options.h"
#include "base/log.h"
#include "net/descriptors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int print(void (*write)(struct text *out), FILE *file)
{
    struct text out = { 0 };
    write(&out);
    bool is_whole = !out.is_oom && fwrite(out.data, 1, out.len, file) == out.len && fflush(file) == 0;
    text_fini(&out);
    return is_whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const char *path, bool is_check)
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
    bool is_good = true;
    if (is_check) {
        (void)printf("%s: good\n", path);
    } else {
        log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, STDERR_FILENO);
        descriptors_raise();
        is_good = control_run(config, &err);
        if (!is_good)
            log_error(NULL, "cannot start: %s", err.text);
    }
    config_free(&config);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
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
    bool is_check = false;
    for (int i = 1; i < argc; i++) {
        const struct option_row *printer = *argv[i] == '-' ? find_printer(argv[i]) : NULL;
        if (printer != NULL)
            return print(printer->write, stdout);
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (strcmp(argv[i], "-t") == 0) {
            is_check = true;
        } else {
            (void)fprintf(stderr, "headgate: unknown argument '%s'\n", argv[i]);
            (void)print(options_write_usage, stderr);
            return EXIT_FAILURE;
        }
    }
    return run(path, is_check);
}
