#include "access/limit_settings.h"

const struct setting_word limit_words[] = { { .name = "off", .value = 0 }, { .name = NULL } };

static const struct setting limit_settings[] = {
    SETTING("max_clients", INTEGER, struct limit_settings, max_clients, .min = 1, .max = LIMIT_MAX,
            .fallback = "10000", .effect = EFFECT_NOW,
            .doc = "Clients connected at the same time, on all listeners together. Further clients hear "
                   "error 1040 instead of a greeting, and a line in the log names the limit. Each client "
                   "takes up to three open files of the process (LimitNOFILE of systemd, `ulimit -n`): "
                   "headgate warns at its start if there are too few."),
    SETTING("max_clients_per_address", INTEGER, struct limit_settings, max_clients_per_address,
            .words = limit_words, .min = 1, .max = LIMIT_MAX, .fallback = "off", .effect = EFFECT_NOW,
            .doc = "The same for clients of one IP address. Clients on unix sockets have none, and are "
                   "not counted here."),
};

const struct section limit_section = {
    .name = "limits",
    .doc =
        "Limits of clients. Users and listeners have limits of their own; the admin socket is not counted.",
    .size_bytes = sizeof(struct limit_settings),
    SECTION_ROWS(limit_settings),
};
