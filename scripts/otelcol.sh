#!/usr/bin/env bash
# Builds an OpenTelemetry Collector with the components that benchmarks compare with into the cache of peers, once. It takes
# about a quarter of an hour of CPU, and is asked for only by those who need it.
set -euo pipefail

version=0.165.0
folder="${WEIR_PEERS_CACHE:-$HOME/.cache/weir-peers}/otelcol-$version"
[ -x "$folder/otelcol" ] && exit
command -v go >/dev/null || { echo "the Collector is built with Go, which is not installed" >&2; exit 1; }
echo "Building the OpenTelemetry Collector $version, which takes a quarter of an hour ..." >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOFLAGS=-mod=mod CGO_ENABLED=0

core=go.opentelemetry.io/collector
contrib=github.com/open-telemetry/opentelemetry-collector-contrib
cat >"$work/builder.yaml" <<YAML
dist: { name: otelcol, output_path: $work/source }
receivers:
  - gomod: $contrib/receiver/prometheusreceiver v$version
  - gomod: $core/receiver/otlpreceiver v$version
processors:
  - gomod: $core/processor/batchprocessor v$version
  - gomod: $core/processor/memorylimiterprocessor v$version
exporters:
  - gomod: $contrib/exporter/prometheusremotewriteexporter v$version
  - gomod: $contrib/exporter/fileexporter v$version
  - gomod: $core/exporter/debugexporter v$version
  - gomod: $core/exporter/otlpexporter v$version
  - gomod: $core/exporter/otlphttpexporter v$version
YAML

GOBIN="$work" go install "$core/cmd/builder@v$version" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
# It ends with tidying, which wants the modules of tests too and fails where one is not to be had. What it wrote before
# that is all that the build needs.
"$work/builder" --config "$work/builder.yaml" --skip-compilation >"$work/log" 2>&1 || true
[ -f "$work/source/main.go" ] || { cat "$work/log" >&2; exit 1; }
(cd "$work/source" && go build -trimpath -ldflags '-s -w' -o "$work/otelcol" . 2>"$work/log") || { cat "$work/log" >&2; exit 1; }
mkdir -p "$folder"
# A build that is cut off must not look like a finished one.
mv "$work/otelcol" "$folder/otelcol.part" && mv "$folder/otelcol.part" "$folder/otelcol"
