#!/usr/bin/env bash
# Installs the real components that the peer tests compare with, on Debian. A missing one is a failure, never a skip.
set -euo pipefail

packages=(prometheus prometheus-node-exporter)
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
for command in prometheus promtool prometheus-node-exporter; do
  command -v "$command" >/dev/null || { echo "peer $command is missing after the install" >&2; exit 1; }
done
