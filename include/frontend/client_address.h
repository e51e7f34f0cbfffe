/* The address of a client behind a load balancer: the PROXY header at the start of a connection. Before it is
 * read, the session's host is the load balancer's address, which no limit counts. A header from anywhere
 * but the networks of the listener's proxy_protocol_from is refused.
 *
 *      required: PROXY_HEADER ──► client_address_step ──► GREETING
 *      optional, or not from these networks: GREETING ──► LOGIN ──► client_address_look, before the first packet
 */
#pragma once

#include "session/session.h"

/* The step of PROXY_HEADER: reads the header that must come before the greeting. */
enum step client_address_step(struct session *session);
/* No header has come within timeouts.client_login. */
enum step client_address_late(struct session *session);

/* Looks at the first bytes after the greeting, in which a header may be. True: the login goes on with the bytes
 * that are left. False: more bytes are needed, or the session is closing (*step_r). */
bool client_address_look(struct session *session, enum step *step_r);

/* How the client came, "192.0.2.1" or "192.0.2.1, TLSv1.3": the load balancer, and the TLS that the client used
 * towards it. Returns `buffer`; NULL: the client came without a PROXY header. */
#define CLIENT_ADDRESS_VIA_MAX (ADDR_PLAIN_MAX + PROXY_TLS_VERSION_MAX + 8)
const char *client_address_via(const struct session *session, char buffer[static CLIENT_ADDRESS_VIA_MAX]);
