#include "monitor/monitor_settings.h"

#include "mysql/auth.h"
#include "upstream/upstream.h"

static const struct setting monitor_settings[] = {
    SETTING("user", STRING, struct monitor_settings, user, .is_required = true, .effect = EFFECT_NOW,
            .example = "monitor",
            .doc = "The account with which headgate asks every server for its state. It needs REPLICATION "
                   "CLIENT (MariaDB: also SLAVE MONITOR), and no rights on any schema."),
    SETTING("password", STRING, struct monitor_settings, password, .is_required = true, .is_secret = true,
            .check = auth_check_password, .effect = EFFECT_NOW, .example = "change me",
            .doc = "Its password, in clear text. Better kept elsewhere: password_file = \"/path\" (first "
                   "line; relative to this file's folder) or password_env = \"NAME\" (an environment "
                   "variable)."),
    SETTING("interval", DURATION, struct monitor_settings, interval_us, .min = 10000, .max = 3600000000,
            .fallback = "1s", .effect = EFFECT_NOW, .doc = "Time between two probes of a server."),
    SETTING("timeout", DURATION, struct monitor_settings, timeout_us, .min = 10000, .max = 600000000,
            .fallback = "1s", .effect = EFFECT_NOW,
            .doc = "The longest duration of one probe, connect and login included. A stopped server "
                   "process still accepts connections; this time-out detects it."),
    SETTING("rise", INTEGER, struct monitor_settings, rise, .min = 1, .max = 100, .fallback = "1",
            .effect = EFFECT_NOW,
            .doc = "Successful probes in a row before a server that was down is used again."),
    SETTING("fall", INTEGER, struct monitor_settings, fall, .min = 1, .max = 100, .fallback = "2",
            .effect = EFFECT_NOW,
            .doc = "Failed probes in a row before a server counts as down. After the first one the next "
                   "probe follows after a quarter of the interval: it takes about interval + fall * "
                   "timeout to detect a server that hangs."),
};

const struct section monitor_section = {
    .name = "monitor",
    .doc = "How headgate asks the servers for their state.",
    .size_bytes = sizeof(struct monitor_settings),
    SECTION_ROWS(monitor_settings),
};

struct upstream *monitor_open(const struct monitor_settings *settings, const struct upstream_env *env,
                              struct server *server, const struct addr *addr,
                              const struct upstream_owner_ops *ops, void *owner, struct error *err)
{
    struct auth_secret secret = { 0 };
    struct upstream *upstream = NULL;
    const struct upstream_wish wish = {
        .addr = addr, .user = settings->user, .secret = &secret, .collation = 33
    };
    if (auth_secret_from_password(&secret, span_cstr(settings->password)))
        upstream = upstream_open(env, server, &wish, ops, owner, err);
    else
        (void)error_set(err, 0, "the monitor's password is too long");
    auth_secret_wipe(&secret);
    return upstream;
}
