/* `doctor`: visits every server, with the monitor's account and with those of applications, and says what is
 * wrong. All servers at the same time, accounts one after the other; one doctor at a time; over in
 * DOCTOR_LONGEST_US. */
#ifndef HEADGATE_ADMIN_DOCTOR_H
#define HEADGATE_ADMIN_DOCTOR_H

#include "admin/request.h"

#define DOCTOR_LONGEST_US 5000000 /* headgatectl waits for ten seconds */
#define DOCTOR_ACCOUNTS_MAX 16    /* of all that are configured, tried on each server */

/* Answers with the table of admin/diagnosis.h. */
void doctor(struct request *request);
extern const struct columns doctor_columns;
/* Sends a doctor away who is at work: its request is answered with an error. */
void doctor_fini(struct admin *admin);

#endif
