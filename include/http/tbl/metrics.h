/* METRIC(name, type, scope, value of `place`, help)
 *
 * METRIC_BY(name, type, scope, value of `place`, label, number of its values, name of value place->word, help)
 * METRIC_HIST(name, scope, function that adds up the histogram, help)
 *
 * A value is an expression; NAN: there is none now. Values that take more are functions of src/http/metric.c. */
METRIC_BY(headgate_build_info, GAUGE, HEADGATE, 1, version, 1, HEADGATE_VERSION,
          "Always 1; its label says which headgate this is.")
METRIC(headgate_ready, GAUGE, HEADGATE, is_ready(place),
       "1 if /health/ready says that this proxy can serve: every listener's cluster has a primary or a "
       "server that takes reads.")
METRIC(headgate_stopping, GAUGE, HEADGATE, place->admin->is_ending,
       "1 after SIGTERM: no new clients, sessions end as they can.")
METRIC_BY(headgate_sessions, GAUGE, HEADGATE, if_counted(place, place->counts->states[place->word]), state,
          SESSION_STATE_COUNT, state_names[place->word],
          "Clients connected now, by what their session does or waits for.")
METRIC(headgate_sessions_in_transaction, GAUGE, HEADGATE, if_counted(place, place->counts->in_transaction),
       "Of these, sessions with a transaction open, or with autocommit off.")
METRIC(headgate_sessions_pinned, GAUGE, HEADGATE, if_counted(place, place->counts->pinned),
       "Of these, sessions whose reads stay on the primary because of state there: see show sessions.")
METRIC_BY(headgate_sessions_closed_total, COUNTER, HEADGATE, sum_of_closes(place), reason, CLOSE_REASON_COUNT,
          close_names[place->word], "Sessions that have ended, by the reason.")
METRIC(headgate_clients_max, GAUGE, HEADGATE, max_of(&place->admin->world->limits->clients),
       "limits.max_clients; absent when off.")
METRIC_BY(headgate_clients_refused_total, COUNTER, HEADGATE, clients_refused(place), limit,
          COUNT_OF(limit_names), limit_names[place->word],
          "Clients that were refused, by the limit that was reached.")
METRIC(headgate_worker_cpu_seconds_total, COUNTER, WORKER, process_thread_cpu(place->worker->thread),
       "CPU time of the worker's thread.")
METRIC(headgate_worker_sessions, GAUGE, WORKER, place->worker->session_count,
       "Sessions that the worker carries.")
METRIC(headgate_listener_sessions, GAUGE, LISTENER, used_of(place->listener->clients),
       "Clients that are connected.")
METRIC(headgate_listener_sessions_max, GAUGE, LISTENER, max_of(place->listener->clients),
       "The listener's max_clients; absent when off.")
METRIC(headgate_listener_sessions_opened_total, COUNTER, LISTENER,
       sum_of_listener(place, offsetof(struct listener_counters, sessions)),
       "Clients that have connected, whether they logged in or not.")
METRIC(headgate_listener_sessions_refused_total, COUNTER, LISTENER, refused_of(place->listener->clients),
       "Clients that were refused because of the listener's max_clients.")
METRIC(headgate_listener_command_errors_total, COUNTER, LISTENER,
       sum_of_listener(place, offsetof(struct listener_counters, errors)),
       "Commands that a server answered with an error.")
METRIC(headgate_listener_commands_refused_total, COUNTER, LISTENER,
       sum_of_listener(place, offsetof(struct listener_counters, refused)),
       "Commands that headgate itself answered with an error: they did not run, or were lost with their "
       "server.")
METRIC_BY(
    headgate_listener_compression_bytes_total, COUNTER, LISTENER,
    sum_of_listener(place, offsetof(struct listener_counters, packed) + place->word * sizeof(counter)), bytes,
    LISTENER_PACKED_COUNT, packed_names[place->word],
    "Bytes of clients that compress: of what they sent and were sent, and what that was on the wire. Counted "
    "when a command begins, and at the end.")
METRIC_BY(headgate_listener_tls_handshakes_total, COUNTER, LISTENER,
          sum_of_listener(place, offsetof(struct listener_counters, tls) + place->word * sizeof(counter)),
          result, LISTENER_TLS_COUNT, tls_names[place->word],
          "TLS handshakes with clients: full, resumed by a ticket, or failed.")
METRIC(headgate_listener_certificate_expires_timestamp_seconds, GAUGE, LISTENER,
       certificate_end(place->listener->tls),
       "When the certificate that clients see ends; absent without TLS.")
METRIC_HIST(headgate_listener_command_seconds, LISTENER, listener_commands,
            "Commands that a server answered: from their arrival until the whole reply was passed on, waits "
            "and slow clients included.")
METRIC(headgate_user_connections, GAUGE, USER, used_of(place->user->connections),
       "Clients logged in as this user.")
METRIC(headgate_user_connections_max, GAUGE, USER, max_of(place->user->connections),
       "The user's max_connections; absent when off.")
METRIC(headgate_user_connections_refused_total, COUNTER, USER, refused_of(place->user->connections),
       "Logins refused because of the user's max_connections.")
METRIC(headgate_cluster_has_primary, GAUGE, CLUSTER,
       place->cluster->view != NULL && place->cluster->view->primary != VIEW_NO_SERVER,
       "1 if there is a server that takes writes.")
METRIC(headgate_cluster_servers, GAUGE, CLUSTER, place->cluster->count, "Servers that are configured.")
METRIC(headgate_cluster_servers_readable, GAUGE, CLUSTER, count_readable(place->cluster->view),
       "Servers that take reads now.")
METRIC(headgate_cluster_paused, GAUGE, CLUSTER, place->cluster->is_paused, "1 while the cluster is paused.")
METRIC(headgate_cluster_epoch, GAUGE, CLUSTER, place->cluster->epoch,
       "Number of the present view; each change of servers or roles makes a new one.")
METRIC(headgate_cluster_events_total, COUNTER, CLUSTER, place->cluster->events.total,
       "Events: see show events.")
METRIC_BY(headgate_server_info, GAUGE, SERVER, 1, address, 1, place->server->address,
          "Always 1; its label says where the server is, as configured.")
METRIC(headgate_server_up, GAUGE, SERVER, place->member->health.state == SERVER_UP,
       "1 if the server's state is up.")
METRIC_BY(headgate_server_state, GAUGE, SERVER,
          place->word == (size_t)(place->entry != NULL ? place->entry->state : SERVER_STARTING), state,
          SERVER_DISABLED + 1, server_state_name((enum server_state)place->word),
          "1 at the server's present state, 0 at the others.")
METRIC_BY(headgate_server_role, GAUGE, SERVER,
          place->word == (size_t)(place->entry != NULL ? place->entry->role : SERVER_UNKNOWN_ROLE), role,
          SERVER_REPLICA + 1, server_role_name((enum server_role)place->word),
          "1 at the server's present role, 0 at the others.")
METRIC(headgate_server_takes_reads, GAUGE, SERVER, place->entry != NULL && place->entry->takes_reads,
       "1 if harmless reads go there.")
METRIC(headgate_server_replication_fault, GAUGE, SERVER,
       place->entry != NULL && place->entry->fault != REPLICATION_SOUND,
       "1 while the server is a replica whose replication is stopped, or cut off from a source that is up.")
METRIC(headgate_server_monitor_refused, GAUGE, SERVER,
       place->entry != NULL && place->entry->refusal == OUTCOME_REFUSED,
       "1 while the server refuses the login of the monitor, or its questions.")
METRIC(headgate_server_lag_seconds, GAUGE, SERVER,
       place->entry != NULL && place->entry->lag_ms >= 0 ? (double)place->entry->lag_ms / 1e3 : (double)NAN,
       "Replication lag as reported by the server; absent if the server reports none.")
METRIC(headgate_server_weight, GAUGE, SERVER, place->server->weight, "Share of reads relative to the others.")
METRIC_BY(headgate_server_connections, GAUGE, SERVER,
          place->word == 0 ? place->totals->connections_active : place->totals->connections_idle, state, 2,
          place->word == 0 ? "active" : "idle",
          "Connections: active ones belong to a session, idle ones are kept for the next.")
METRIC(headgate_server_connections_max, GAUGE, SERVER, max_connections(place->server),
       "The most connections that sessions may have; absent while that is not known.")
METRIC(headgate_server_connections_waiting, GAUGE, SERVER, permits_waiting(&place->server->permits),
       "Sessions that wait for a free connection.")
METRIC(headgate_server_queue_timeouts_total, COUNTER, SERVER, place->totals->queue_timeouts,
       "Statements that found no free connection in time.")
METRIC(headgate_server_commands_running, GAUGE, SERVER, place->totals->running, "Commands that run now.")
METRIC(headgate_server_commands_total, COUNTER, SERVER, place->totals->queries,
       "Commands with a complete reply.")
METRIC(headgate_server_command_errors_total, COUNTER, SERVER, place->totals->errors,
       "Of these, commands answered with an error.")
METRIC_HIST(headgate_server_response_seconds, SERVER, server_response,
            "Clients' commands: from sending until the first byte of the reply.")
METRIC(headgate_server_connects_total, COUNTER, SERVER, place->totals->connects,
       "Connections made, those of probes included.")
METRIC(headgate_server_connect_failures_total, COUNTER, SERVER, place->totals->connect_failures,
       "Connections that could not be made.")
METRIC(headgate_server_login_refusals_total, COUNTER, SERVER, place->totals->refusals,
       "Logins that the server answered with an error.")
METRIC(headgate_server_connections_lost_total, COUNTER, SERVER, place->totals->losses,
       "Connections lost in the middle of a reply.")
METRIC(headgate_server_idle_connections_dropped_total, COUNTER, SERVER, place->totals->drops,
       "Connections that the server ended while they were idle.")
METRIC(headgate_server_demotions_total, COUNTER, SERVER, place->totals->demotions,
       "Statements that it refused as read-only while it counted as the primary.")
METRIC(headgate_server_changes_total, COUNTER, SERVER, place->member->changes,
       "Changes of its role, its state, or whether it takes reads.")
METRIC(headgate_server_ejections_total, COUNTER, SERVER, place->member->ejections,
       "Ejections: the probes passed, but connections of sessions failed.")
METRIC(headgate_server_probes_total, COUNTER, SERVER, place->member->probes, "Probes that have ended.")
METRIC(headgate_server_probe_failures_total, COUNTER, SERVER, place->member->probe_failures, "Failed probes.")
METRIC(process_cpu_seconds_total, COUNTER, HEADGATE, place->process->cpu_seconds,
       "CPU time of all threads, user and system.")
METRIC(process_resident_memory_bytes, GAUGE, HEADGATE, place->process->resident_bytes,
       "Memory that is in RAM.")
METRIC(process_virtual_memory_bytes, GAUGE, HEADGATE, place->process->virtual_bytes, "Address space.")
METRIC(process_open_fds, GAUGE, HEADGATE, place->process->open_fds, "Open files and sockets.")
METRIC(process_max_fds, GAUGE, HEADGATE, place->process->max_fds, "Limit of open files and sockets.")
METRIC(process_threads, GAUGE, HEADGATE, place->process->threads, "Threads.")
METRIC(process_start_time_seconds, GAUGE, HEADGATE, place->process->start_seconds,
       "When it started, in seconds since 1970.")
