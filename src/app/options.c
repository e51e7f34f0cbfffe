#include "app/options.h"

#include "http/metrics.h"
#include "app/config.h"
#include "app/manual.h"
#include "session/session.h"
#include "state/facet_table.h"

#include <stdio.h>

static void write_version(struct text *out)
{
    (void)text_append_cstr(out, "headgate " HEADGATE_VERSION "\n");
}

const struct option_row option_rows[] = {
    { "-c", "", "FILE", "configuration (default " CONFIG_PATH_DEFAULT ")", NULL },
    { "-t", "", "", "check the configuration and exit: 0 if it is good, 1 if not", NULL },
    { "--connect", "", "",
      "with -t: also log in to every server as its monitor; 1 if a server does not answer", NULL },
    { "-V", "--version", "", "version", write_version },
    { "-h", "--help", "", "this help", options_write_usage },
    { "--sample", "", "", "print a configuration with every setting, commented", config_write_sample },
    { "--reference", "", "", "print the reference of all settings", config_write_reference },
    { "--metrics", "", "", "print the reference of all metrics", metrics_write_reference },
    { "--states", "", "", "print the states of a session, and which may follow which", session_write_states },
    { "--facets", "", "", "print the facets of a session's state", facet_table_write },
    { "--manual-headgate", "", "", "print headgate(8), a manual page in man(7)", manual_write_headgate },
    { "--manual-headgatectl", "", "", "print headgatectl(1)", manual_write_headgatectl },
    { "--manual-conf", "", "", "print headgate.conf(5)", manual_write_conf },
};
const size_t option_row_count = sizeof option_rows / sizeof *option_rows;

const char *option_spelling(const struct option_row *row, char *buffer, size_t size)
{
    (void)snprintf(buffer, size, "%s%s%s%s%s", row->name, *row->longer == '\0' ? "" : ", ", row->longer,
                   *row->argument == '\0' ? "" : " ", row->argument);
    return buffer;
}

void options_write_usage(struct text *out)
{
    char spelt[64];
    (void)text_append_cstr(out, "usage: headgate [-c FILE] [-t [--connect]]\n");
    for (size_t i = 0; i < option_row_count; i++)
        (void)text_appendf(out, "  %-20s  %s\n", option_spelling(&option_rows[i], spelt, sizeof spelt),
                           option_rows[i].help);
}
