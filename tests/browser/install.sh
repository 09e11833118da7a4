#!/usr/bin/env bash
# Debian's Chromium for the tests that look at pages, as root.
set -euo pipefail
command -v chromium > /dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null
