"""What a collector counts of itself."""

from otel_ops.collector.traffic import Sending, traffic_of

PAGE = """\
# TYPE otelcol_receiver_accepted_spans counter
otelcol_receiver_accepted_spans{receiver="otlp",transport="http"} 21
otelcol_receiver_accepted_spans{receiver="otlp",transport="grpc"} 4
# TYPE otelcol_receiver_accepted_log_records counter
otelcol_receiver_accepted_log_records_total{receiver="otlp"} 3
# TYPE otelcol_receiver_refused_spans counter
otelcol_receiver_refused_spans{receiver="otlp"} 2
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="file/traces"} 25
# TYPE otelcol_exporter_queue_size gauge
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_grpc/jaeger"} 5485
# TYPE otelcol_exporter_queue_capacity gauge
otelcol_exporter_queue_capacity{data_type="traces",exporter="otlp_grpc/jaeger"} 2.68435456e+08
# TYPE otelcol_exporter_send_failed_spans counter
otelcol_exporter_send_failed_spans{exporter="otlp_grpc/jaeger"} 1
# TYPE otelcol_exporter_enqueue_failed_spans counter
otelcol_exporter_enqueue_failed_spans{exporter="otlp_grpc/jaeger"} 6
# TYPE otelcol_process_uptime counter
otelcol_process_uptime 7.5
"""


def test_a_page_is_read() -> None:
    """Counts are summed over transports and signals, with and without the end _total; other metrics are passed over."""
    traffic = traffic_of(PAGE)
    assert ({"spans": 25, "log_records": 3}, 2) == (traffic.received, traffic.refused)
    assert {
        "file/traces": Sending(25, 0, 0, 0),
        "otlp_grpc/jaeger": Sending(0, 7, 5485, 268435456),
    } == traffic.exporters
    assert ["otlp_grpc/jaeger"] == traffic.waiting


def test_an_empty_page_has_nothing() -> None:
    """Before anything came, nothing is counted."""
    assert ({}, 0, {}) == traffic_of("")
