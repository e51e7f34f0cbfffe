"""For each alert of conf/prometheus/headgate.rules.yml: series, one value a minute, with which it must fire.

HEALTHY has what a headgate shows that is well, with which none may fire; SICK, by alert, what is otherwise.
"""

import yaml

MINUTES = 300  # longer than the most patient alert
SERVER = 'instance="a",job="headgate",cluster="main",server="db2"'
CLUSTER = 'instance="a",job="headgate",cluster="main"'
LISTENER = 'instance="a",job="headgate",listener="app"'
PROCESS = 'instance="a",job="headgate"'

HEALTHY = {
    f"up{{{PROCESS}}}": "1x300",
    f"headgate_ready{{{PROCESS}}}": "1x300",
    f"headgate_stopping{{{PROCESS}}}": "0x300",
    f"process_start_time_seconds{{{PROCESS}}}": "1000x300",
    f"headgate_cluster_has_primary{{{CLUSTER}}}": "1x300",
    f"headgate_cluster_servers_readable{{{CLUSTER}}}": "2x300",
    f"headgate_cluster_paused{{{CLUSTER}}}": "0x300",
    f'headgate_server_state{{{SERVER},state="up"}}': "1x300",
    f'headgate_server_state{{{SERVER},state="down"}}': "0x300",
    f'headgate_server_state{{{SERVER},state="lagging"}}': "0x300",
    f'headgate_server_state{{{SERVER},state="draining"}}': "0x300",
    f'headgate_server_state{{{SERVER},state="disabled"}}': "0x300",
    f"headgate_server_replication_fault{{{SERVER}}}": "0x300",
    f"headgate_server_monitor_refused{{{SERVER}}}": "0x300",
    f"headgate_server_ejections_total{{{SERVER}}}": "3x300",
    f"headgate_server_changes_total{{{SERVER}}}": "7x300",
    f"headgate_positions_dropped_total{{{CLUSTER}}}": "5x300",
    f'headgate_server_connections{{{SERVER},state="active"}}': "50x300",
    f'headgate_server_connections{{{SERVER},state="idle"}}': "45x300",
    f"headgate_server_connections_max{{{SERVER}}}": "100x300",
    f"headgate_server_queue_timeouts_total{{{SERVER}}}": "9x300",
    f"headgate_server_login_refusals_total{{{SERVER}}}": "9x300",
    f"headgate_server_connections_lost_total{{{SERVER}}}": "9x300",
    f'headgate_clients_refused_total{{{PROCESS},limit="clients"}}': "9x300",
    f'headgate_sessions{{{PROCESS},state="idle"}}': "400x300",
    f'headgate_sessions{{{PROCESS},state="waiting for a reply"}}': "400x300",
    f"headgate_clients_max{{{PROCESS}}}": "1000x300",
    f"process_open_fds{{{PROCESS}}}": "100x300",
    f"process_max_fds{{{PROCESS}}}": "1000x300",
    f"headgate_listener_certificate_expires_timestamp_seconds{{{LISTENER}}}": "2000000x300",
    f"headgate_listener_commands_refused_total{{{LISTENER}}}": "0+5x300",
    f"headgate_listener_command_seconds_count{{{LISTENER}}}": "0+1000x300",
    f'headgate_listener_command_seconds_bucket{{{LISTENER},le="0.5"}}': "0+995x300",
    f'headgate_listener_command_seconds_bucket{{{LISTENER},le="+Inf"}}': "0+1000x300",
}

SICK = {
    "HeadgateDown": {f"up{{{PROCESS}}}": "0x300"},
    "HeadgateNotReady": {f"headgate_ready{{{PROCESS}}}": "0x300"},
    "HeadgateRestarts": {f"process_start_time_seconds{{{PROCESS}}}": "1000+300x300"},
    "HeadgateNoPrimary": {f"headgate_cluster_has_primary{{{CLUSTER}}}": "0x300"},
    "HeadgateNobodyTakesReads": {f"headgate_cluster_servers_readable{{{CLUSTER}}}": "0x300"},
    "HeadgateClusterPaused": {f"headgate_cluster_paused{{{CLUSTER}}}": "1x300"},
    "HeadgateServerDown": {f'headgate_server_state{{{SERVER},state="down"}}': "1x300"},
    "HeadgateServerLagging": {f'headgate_server_state{{{SERVER},state="lagging"}}': "1x300"},
    "HeadgateReplicationBroken": {f"headgate_server_replication_fault{{{SERVER}}}": "1x300"},
    "HeadgateMonitorRefused": {f"headgate_server_monitor_refused{{{SERVER}}}": "1x300"},
    "HeadgateServerEjected": {f"headgate_server_ejections_total{{{SERVER}}}": "0+1x300"},
    "HeadgateServerChanges": {f"headgate_server_changes_total{{{SERVER}}}": "0+1x300"},
    "HeadgateServerOutOfUse": {f'headgate_server_state{{{SERVER},state="disabled"}}': "1x300"},
    "HeadgateLostTransactions": {f"headgate_positions_dropped_total{{{CLUSTER}}}": "5x280 6x20"},
    "HeadgateConnectionsUsedUp": {f'headgate_server_connections{{{SERVER},state="active"}}': "95x300"},
    "HeadgateNoFreeConnection": {f"headgate_server_queue_timeouts_total{{{SERVER}}}": "0+1x300"},
    "HeadgateServerRefusesLogins": {f"headgate_server_login_refusals_total{{{SERVER}}}": "0+5x300"},
    "HeadgateConnectionsLost": {f"headgate_server_connections_lost_total{{{SERVER}}}": "0+5x300"},
    "HeadgateClientsRefused": {f'headgate_clients_refused_total{{{PROCESS},limit="clients"}}': "0+1x300"},
    "HeadgateClientsNearLimit": {f'headgate_sessions{{{PROCESS},state="idle"}}': "550x300"},
    "HeadgateCertificateEnds": {f"headgate_listener_certificate_expires_timestamp_seconds{{{LISTENER}}}": "1000000x300"},
    "HeadgateFilesUsedUp": {f"process_open_fds{{{PROCESS}}}": "900x300"},
    "HeadgateAnswersWithErrors": {f"headgate_listener_commands_refused_total{{{LISTENER}}}": "0+50x300"},
    "HeadgateSlow": {f'headgate_listener_command_seconds_bucket{{{LISTENER},le="0.5"}}': "0+500x300",
                     f'headgate_listener_command_seconds_bucket{{{LISTENER},le="64"}}': "0+1000x300"},
}


def _case(name, changes=None):
    """The series of a headgate of that name."""
    series = {**HEALTHY, **(changes or {})}
    return [{"series": key.replace('instance="a"', f'instance="{name}"'), "values": values} for key, values in series.items()]


def unit_tests(rules, sick):
    """The file that `promtool test rules` takes: a healthy headgate, and for each alert of `sick` one by its name.

    What must fire is exactly each alert at its own.
    """
    series = sum((_case(alert, SICK[alert]) for alert in sick), _case("healthy"))
    fires = [{"labels": f'{{alertname="{alert}",instance="{alert}"}}', "value": 1} for alert in sick]
    firing = 'count by (alertname, instance) (ALERTS{alertstate="firing"})'
    test = {"interval": "1m", "input_series": series,
            "promql_expr_test": [{"expr": firing, "eval_time": f"{MINUTES}m", "exp_samples": fires}]}
    return yaml.safe_dump({"rule_files": [rules], "evaluation_interval": "5m", "tests": [test]})
