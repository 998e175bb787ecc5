#!/usr/bin/env bash
# Installs or builds the real components that the peer tests and benchmarks compare with, on Debian. A missing one is a
# failure, never a skip. What is built goes into a cache outside the tree, keyed by version, so that it is built once.
set -euo pipefail

cache="${WEIR_PEERS_CACHE:-$HOME/.cache/weir-peers}"

packages=(etcd-server prometheus prometheus-node-exporter containerd runc umoci podman busybox-static qemu-system-x86)
# What networks and disks are spoiled with.
packages+=(iproute2 iptables e2fsprogs)
# What people look at clusters with, where it did not come by another package.
command -v kubectl >/dev/null || packages+=(kubernetes-client)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  # The packages would start services on their default ports.
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
  apt-get update --quiet=2
  apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}" >/dev/null
fi
for command in etcd prometheus promtool prometheus-node-exporter containerd runc umoci podman busybox qemu-system-x86_64 \
  ip iptables mkfs.ext4; do
  command -v "$command" >/dev/null || { echo "peer $command is missing after the install" >&2; exit 1; }
done

# Builds PACKAGE@TAG as $cache/NAME-VERSION/NAME, where it is not there yet; with a build tag more where one is given.
build() {
  local name=$1 version=$2 package=$3 tag=$4 tags="netgo,remove_all_sd${5:+,$5}" folder="$cache/$1-$2"
  [ -x "$folder/$name" ] && return
  command -v go >/dev/null || { echo "peer $name is built with Go, which is not installed" >&2; exit 1; }
  echo "Building $name $version ..." >&2
  local built
  built=$(mktemp -d)
  GOBIN="$built" GOFLAGS= CGO_ENABLED=0 go install -tags "$tags" -ldflags '-s -w' "$package@$tag" 2>"$built/log" ||
    { cat "$built/log" >&2; exit 1; }
  mkdir -p "$folder"
  # A build that is cut off must not look like a finished one.
  mv "$built/$(basename "$package")" "$folder/$name.part" && mv "$folder/$name.part" "$folder/$name"
  rm -rf "$built"
}

victoria=github.com/VictoriaMetrics/VictoriaMetrics/app
build vmagent 1.151.0 $victoria/vmagent v1.151.0
build victoria-metrics 1.151.0 $victoria/victoria-metrics v1.151.0
# As a Go module, release 3.16 of Prometheus is v0.316.
build prometheus 3.16.0 github.com/prometheus/prometheus/cmd/prometheus v0.316.0
# Without it discovery in Kubernetes is not there.
build prometheus-kubernetes 3.16.0 github.com/prometheus/prometheus/cmd/prometheus v0.316.0 enable_kubernetes_sd
build promtool 3.16.0 github.com/prometheus/prometheus/cmd/promtool v0.316.0
build metrics-server 0.8.0 sigs.k8s.io/metrics-server/cmd/metrics-server v0.8.0

# Builds the program of scripts/peers/NAME as $cache/NAME-VERSION/NAME, where it is not there yet or was built of other files: for
# what cannot be installed as a module.
build_here() {
  local name=$1 version=$2 folder="$cache/$1-$2" source
  source="$(dirname "${BASH_SOURCE[0]}")/peers/$name"
  local sum
  sum=$(cat "$source"/main.go "$source"/go.mod "$source"/go.sum | sha256sum)
  [ -x "$folder/$name" ] && [ "$(cat "$folder/built-of" 2>/dev/null)" = "$sum" ] && return
  command -v go >/dev/null || { echo "peer $name is built with Go, which is not installed" >&2; exit 1; }
  echo "Building $name $version ..." >&2
  mkdir -p "$folder"
  (cd "$source" &&
    GOFLAGS=-mod=readonly CGO_ENABLED=0 go build -tags netgo -ldflags '-s -w' -o "$folder/$name.part" .)
  mv "$folder/$name.part" "$folder/$name"
  echo "$sum" >"$folder/built-of"
}

build_here cadvisor 0.60.6
# Of Debian's etcd the API server cannot tell lists as streams.
build_here etcd 3.6.4
build_here kube-state-metrics 2.20.0
# Some ten minutes on two cores.
build_here kube-apiserver 1.34.4

# A kernel of Debian's for virtual machines, with the modules that see a disk: tests of cgroup v2 boot it, whatever the host has.
kernel_folder="$cache/cloud-kernel-6.1"
if [ ! -x "$kernel_folder/cloud-kernel" ]; then
  apt-get update --quiet=2
  kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-6\.1\..*-cloud-amd64\)$/\1/p')
  [ -n "$kernel" ] || { echo "peer cloud-kernel 6.1 is not in the releases of Debian that apt knows" >&2; exit 1; }
  unpacked=$(mktemp -d)
  chmod 755 "$unpacked"
  (cd "$unpacked" && apt-get download --quiet=2 "$kernel" && dpkg -x ./*.deb .)
  mkdir -p "$kernel_folder"
  find "$unpacked/lib/modules" -name 'virtio*.ko' -exec cp {} "$kernel_folder" \;
  cp "$unpacked"/boot/vmlinuz-* "$kernel_folder/cloud-kernel.part"
  chmod +x "$kernel_folder/cloud-kernel.part"
  mv "$kernel_folder/cloud-kernel.part" "$kernel_folder/cloud-kernel"
  rm -rf "$unpacked"
fi

# The SDK of OpenTelemetry for Python, a sender of OTLP: an environment whose interpreter is $cache/otel-python-VERSION/otel-python.
python_version=1.45.2
python_folder="$cache/otel-python-$python_version"
if [ ! -x "$python_folder/otel-python" ]; then
  echo "Installing OpenTelemetry for Python $python_version ..." >&2
  python3 -m venv "$python_folder"
  "$python_folder/bin/pip" install --quiet "opentelemetry-sdk==$python_version" "opentelemetry-exporter-otlp==$python_version"
  # An environment is found by the path of its interpreter, so that a link would not do.
  printf '#!/bin/sh\nexec "%s/bin/python" "$@"\n' "$python_folder" >"$python_folder/otel-python.part"
  chmod +x "$python_folder/otel-python.part"
  mv "$python_folder/otel-python.part" "$python_folder/otel-python"
fi
