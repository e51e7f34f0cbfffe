/* METRIC(name, type, scope, function that reads the value, help)
 *
 * METRIC_BY(name, type, scope, function, label, number of its values, function that names a value, help)
 * METRIC_HIST(name, scope, function that adds up the histogram, help)
 *
 * The functions are in src/http/metric.c. */
METRIC_BY(headgate_build_info, GAUGE, HEADGATE, one, version, 1, version_word,
          "Always 1; its label says which headgate this is.")
METRIC(headgate_ready, GAUGE, HEADGATE, ready,
       "1 if /health/ready says that this proxy can serve: every listener's cluster has a primary or a "
       "server that takes reads.")
METRIC(headgate_stopping, GAUGE, HEADGATE, stopping,
       "1 after SIGTERM: no new clients, sessions end as they can.")
METRIC_BY(headgate_sessions, GAUGE, HEADGATE, sessions, state, SESSION_STATE_COUNT, session_state_word,
          "Clients connected now, by what their session does or waits for.")
METRIC(headgate_sessions_in_transaction, GAUGE, HEADGATE, sessions_in_transaction,
       "Of these, sessions with a transaction open, or with autocommit off.")
METRIC(headgate_sessions_pinned, GAUGE, HEADGATE, sessions_pinned,
       "Of these, sessions whose reads stay on the primary because of state there: see show sessions.")
METRIC_BY(headgate_sessions_closed_total, COUNTER, HEADGATE, sessions_closed, reason, CLOSE_REASON_COUNT,
          close_word, "Sessions that have ended, by the reason.")
METRIC(headgate_clients_max, GAUGE, HEADGATE, clients_max, "limits.max_clients; absent when off.")
METRIC_BY(headgate_clients_refused_total, COUNTER, HEADGATE, clients_refused, limit, COUNT_OF(limit_names),
          limit_word, "Clients that were refused, by the limit that was reached.")
METRIC(headgate_worker_cpu_seconds_total, COUNTER, WORKER, worker_cpu, "CPU time of the worker's thread.")
METRIC(headgate_worker_sessions, GAUGE, WORKER, worker_sessions, "Sessions that the worker carries.")
METRIC(headgate_listener_sessions, GAUGE, LISTENER, listener_sessions, "Clients that are connected.")
METRIC(headgate_listener_sessions_max, GAUGE, LISTENER, listener_max,
       "The listener's max_clients; absent when off.")
METRIC(headgate_listener_sessions_opened_total, COUNTER, LISTENER, listener_opened,
       "Clients that have connected, whether they logged in or not.")
METRIC(headgate_listener_sessions_refused_total, COUNTER, LISTENER, listener_refused,
       "Clients that were refused because of the listener's max_clients.")
METRIC(headgate_listener_command_errors_total, COUNTER, LISTENER, listener_errors,
       "Commands that a server answered with an error.")
METRIC(headgate_listener_commands_refused_total, COUNTER, LISTENER, listener_refusals,
       "Commands that headgate itself answered with an error: they did not run, or were lost with their "
       "server.")
METRIC_BY(
    headgate_listener_compression_bytes_total, COUNTER, LISTENER, listener_packed, bytes,
    LISTENER_PACKED_COUNT, packed_word,
    "Bytes of clients that compress: of what they sent and were sent, and what that was on the wire. Counted "
    "when a command begins, and at the end.")
METRIC_HIST(headgate_listener_command_seconds, LISTENER, listener_commands,
            "Commands that a server answered: from their arrival until the whole reply was passed on, waits "
            "and slow clients included.")
METRIC(headgate_user_connections, GAUGE, USER, user_connections, "Clients logged in as this user.")
METRIC(headgate_user_connections_max, GAUGE, USER, user_max, "The user's max_connections; absent when off.")
METRIC(headgate_user_connections_refused_total, COUNTER, USER, user_refused,
       "Logins refused because of the user's max_connections.")
METRIC(headgate_cluster_has_primary, GAUGE, CLUSTER, cluster_has_primary,
       "1 if there is a server that takes writes.")
METRIC(headgate_cluster_servers, GAUGE, CLUSTER, cluster_servers, "Servers that are configured.")
METRIC(headgate_cluster_servers_readable, GAUGE, CLUSTER, cluster_readable, "Servers that take reads now.")
METRIC(headgate_cluster_paused, GAUGE, CLUSTER, cluster_paused, "1 while the cluster is paused.")
METRIC(headgate_cluster_epoch, GAUGE, CLUSTER, cluster_epoch,
       "Number of the present view; each change of servers or roles makes a new one.")
METRIC(headgate_cluster_events_total, COUNTER, CLUSTER, cluster_events, "Events: see show events.")
METRIC_BY(headgate_server_info, GAUGE, SERVER, one, address, 1, address_word,
          "Always 1; its label says where the server is, as configured.")
METRIC(headgate_server_up, GAUGE, SERVER, server_up, "1 if the server's state is up.")
METRIC_BY(headgate_server_state, GAUGE, SERVER, server_state, state, SERVER_DISABLED + 1, server_state_word,
          "1 at the server's present state, 0 at the others.")
METRIC_BY(headgate_server_role, GAUGE, SERVER, server_role, role, SERVER_REPLICA + 1, server_role_word,
          "1 at the server's present role, 0 at the others.")
METRIC(headgate_server_takes_reads, GAUGE, SERVER, server_takes_reads, "1 if harmless reads go there.")
METRIC(headgate_server_replication_fault, GAUGE, SERVER, server_fault,
       "1 while the server is a replica whose replication is stopped, or cut off from a source that is up.")
METRIC(headgate_server_monitor_refused, GAUGE, SERVER, server_refuses,
       "1 while the server refuses the login of the monitor, or its questions.")
METRIC(headgate_server_lag_seconds, GAUGE, SERVER, server_lag,
       "Replication lag as reported by the server; absent if the server reports none.")
METRIC(headgate_server_weight, GAUGE, SERVER, server_weight, "Share of reads relative to the others.")
METRIC_BY(headgate_server_connections, GAUGE, SERVER, server_connections, state, 2, connection_word,
          "Connections: active ones belong to a session, idle ones are kept for the next.")
METRIC(headgate_server_connections_max, GAUGE, SERVER, server_connections_max,
       "The most connections that sessions may have; absent while that is not known.")
METRIC(headgate_server_connections_waiting, GAUGE, SERVER, server_waiting,
       "Sessions that wait for a free connection.")
METRIC(headgate_server_queue_timeouts_total, COUNTER, SERVER, server_queue_timeouts,
       "Statements that found no free connection in time.")
METRIC(headgate_server_commands_running, GAUGE, SERVER, server_running, "Commands that run now.")
METRIC(headgate_server_commands_total, COUNTER, SERVER, server_queries, "Commands with a complete reply.")
METRIC(headgate_server_command_errors_total, COUNTER, SERVER, server_errors,
       "Of these, commands answered with an error.")
METRIC_HIST(headgate_server_response_seconds, SERVER, server_response,
            "Clients' commands: from sending until the first byte of the reply.")
METRIC(headgate_server_connects_total, COUNTER, SERVER, server_connects,
       "Connections made, those of probes included.")
METRIC(headgate_server_connect_failures_total, COUNTER, SERVER, server_connect_failures,
       "Connections that could not be made.")
METRIC(headgate_server_login_refusals_total, COUNTER, SERVER, server_refusals,
       "Logins that the server answered with an error.")
METRIC(headgate_server_connections_lost_total, COUNTER, SERVER, server_losses,
       "Connections lost in the middle of a reply.")
METRIC(headgate_server_idle_connections_dropped_total, COUNTER, SERVER, server_drops,
       "Connections that the server ended while they were idle.")
METRIC(headgate_server_demotions_total, COUNTER, SERVER, server_demotions,
       "Statements that it refused as read-only while it counted as the primary.")
METRIC(headgate_server_changes_total, COUNTER, SERVER, member_changes,
       "Changes of its role, its state, or whether it takes reads.")
METRIC(headgate_server_ejections_total, COUNTER, SERVER, member_ejections,
       "Ejections: the probes passed, but connections of sessions failed.")
METRIC(headgate_server_probes_total, COUNTER, SERVER, member_probes, "Probes that have ended.")
METRIC(headgate_server_probe_failures_total, COUNTER, SERVER, member_probe_failures, "Failed probes.")
METRIC(process_cpu_seconds_total, COUNTER, HEADGATE, process_cpu_seconds,
       "CPU time of all threads, user and system.")
METRIC(process_resident_memory_bytes, GAUGE, HEADGATE, process_resident_bytes, "Memory that is in RAM.")
METRIC(process_virtual_memory_bytes, GAUGE, HEADGATE, process_virtual_bytes, "Address space.")
METRIC(process_open_fds, GAUGE, HEADGATE, process_open_fds, "Open files and sockets.")
METRIC(process_max_fds, GAUGE, HEADGATE, process_max_fds, "Limit of open files and sockets.")
METRIC(process_threads, GAUGE, HEADGATE, process_threads, "Threads.")
METRIC(process_start_time_seconds, GAUGE, HEADGATE, process_start_seconds,
       "When it started, in seconds since 1970.")
