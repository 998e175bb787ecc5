"""Sends metrics by the exporters of the Python SDK: otlp_sender.py grpc|http ENDPOINT none|gzip"""

import sys

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource

protocol, endpoint, compression = sys.argv[1:]
if protocol == "grpc":
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

    chosen = Compression.Gzip if compression == "gzip" else Compression.NoCompression
    exporter = OTLPMetricExporter(endpoint=endpoint, insecure=True, compression=chosen)
else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    chosen = Compression.Gzip if compression == "gzip" else Compression.NoCompression
    exporter = OTLPMetricExporter(endpoint=endpoint, compression=chosen)

provider = MeterProvider(
    resource=Resource({"service.name": "shop", "replica": 2, "zones": ["a", "b"]}),
    metric_readers=[PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)],
    views=[View(instrument_name="latency", aggregation=ExponentialBucketHistogramAggregation())],
)
meter = provider.get_meter("shop.orders", "1.2.0", schema_url="https://example.com/1")
attributes = {"host": "a", "cpu": 0, "ratio": 0.5, "on": True}
meter.create_counter("orders", unit="{order}", description="Orders taken.").add(5, attributes)
meter.create_up_down_counter("queue").add(-3, attributes)
meter.create_gauge("temperature", unit="Cel").set(21.5, attributes)
size = meter.create_histogram("size", unit="By", explicit_bucket_boundaries_advisory=[1, 10])
for value in [0.5, 5, 50]:
    size.record(value, attributes)
latency = meter.create_histogram("latency", unit="s")
for value in [0.1, 0.2, 3]:
    latency.record(value, attributes)
provider.shutdown()
