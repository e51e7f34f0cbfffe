/* `doctor`: logs in to every server, with the monitor's account and with accounts of applications, and
 * reports what is wrong. All servers are visited at the same time, the accounts of one server one after the
 * other. Only one doctor runs at a time; it ends after DOCTOR_LONGEST_US at the latest. */
#pragma once

#include "admin/request.h"

#define DOCTOR_LONGEST_US 5000000 /* headgatectl waits for ten seconds */
#define DOCTOR_ACCOUNTS_MAX 16    /* number of configured accounts that are tried on each server */

/* Answers with the table of admin/diagnosis.h. */
void doctor(struct request *request);
extern const struct columns doctor_columns;
/* Ends a running doctor: its request is answered with an error. */
void doctor_fini(struct admin *admin);
