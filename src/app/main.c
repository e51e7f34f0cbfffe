/* headgate: reads its configuration, checks it, runs. */
#include "app/config.h"
#include "app/control.h"
#include "base/log.h"
#include "net/descriptors.h"
#include "proxy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_CUT 3 /* ended by a signal, and sessions that did not end in time were cut */

static const char usage[] = "usage: headgate [-c FILE] [-t]\n"
                            "       headgate -V | -h | --sample | --reference\n"
                            "  -c FILE      configuration (default " CONFIG_PATH_DEFAULT ")\n"
                            "  -t           check the configuration and exit: 0 good, 1 not\n"
                            "  -V           version\n"
                            "  --sample     print a configuration with every setting, commented\n"
                            "  --reference  print the reference of all settings\n"
                            "SIGHUP reloads the configuration; SIGTERM ends, when transactions have ended, with\n"
                            "status 0, or 3 when some had to be cut; SIGINT, or SIGTERM again, cuts them now.\n";

static int print(void (*write)(struct text *out))
{
    struct text out = { 0 };
    write(&out);
    bool is_whole = !out.is_oom && fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
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
    if (is_check) {
        (void)printf("%s: good\n", path);
        config_free(&config);
        return EXIT_SUCCESS;
    }
    log_configure((enum log_level)config->log_level, (enum log_format)config->log_format, STDERR_FILENO);
    descriptors_raise();
    limits_warn_of_files(&config->limits);
    enum control_end end = control_run(config, &err);
    if (end == CONTROL_NOT_STARTED)
        log_error(NULL, "cannot start: %s", err.text);
    return end == CONTROL_ENDED ? EXIT_SUCCESS : end == CONTROL_CUT ? EXIT_CUT : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *path = CONFIG_PATH_DEFAULT;
    bool is_check = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (strcmp(argv[i], "-t") == 0) {
            is_check = true;
        } else if (strcmp(argv[i], "-V") == 0 || strcmp(argv[i], "--version") == 0) {
            (void)puts("headgate " HEADGATE_VERSION);
            return EXIT_SUCCESS;
        } else if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return EXIT_SUCCESS;
        } else if (strcmp(argv[i], "--sample") == 0) {
            return print(config_write_sample);
        } else if (strcmp(argv[i], "--reference") == 0) {
            return print(config_write_reference);
        } else {
            (void)fprintf(stderr, "headgate: unknown argument '%s'\n%s", argv[i], usage);
            return EXIT_FAILURE;
        }
    }
    return run(path, is_check);
}
