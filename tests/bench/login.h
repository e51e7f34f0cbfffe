/* login: the client's side of a login with mysql_native_password. Bytes in, bytes out. */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include "wire.h"

enum login_status { LOGIN_MORE, LOGIN_DONE, LOGIN_FAILED };

struct login {
    const char *user;
    const char *password;
    bool wants_deprecate_eof;
    uint32_t caps; /* agreed with the server; valid after its greeting */
    bool is_greeted;
};

/* Reads one packet from the server and appends the answer to `out`. On LOGIN_FAILED `why` holds one line of
 * text. */
enum login_status login_step(struct login *l, const struct packet *p, struct bytes *out,
                             char why[static 200]);

/* Writes the server's ERR packet as a line of text. */
void login_describe_error(const struct packet *p, char why[static 200]);

#endif
