#!/usr/bin/env bash
# Debian's packages for the test cluster (cluster.py), as root. Nothing is started, and nothing configured.
set -euo pipefail
for program in slurmctld slurmd slurmdbd sbatch munged mariadbd; do
  command -v "$program" > /dev/null || missing=$program
done
[[ -n ${missing:-} ]] || exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client slurm-wlm-basic-plugins slurmdbd \
  slurm-wlm-mysql-plugin munge mariadb-server > /dev/null
