#!/usr/bin/env bash
# Makes sure that the programs some tests need are there: an OpenSSH server, Slurm, network namespaces, tmux, other login shells.
# Quick when they are. On Debian as root it installs what is missing; elsewhere it says so in one line, and the tests that
# need it say so too. Under CI=true a missing program is a failure, because a test that never runs proves nothing.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

# program:package
needed=(
  sshd:openssh-server ssh:openssh-client ssh-keygen:openssh-client ssh-agent:openssh-client
  slurmctld:slurm-wlm slurmd:slurm-wlm srun:slurm-wlm sbatch:slurm-wlm
  ip:iproute2 tc:iproute2 nft:nftables unshare:util-linux nsenter:util-linux prlimit:util-linux
  setpriv:util-linux tcsh:tcsh fish:fish
  tmux:tmux ps:procps python3:python3 curl:curl
)

missing() {
  local entry
  for entry in "${needed[@]}"; do command -v "${entry%%:*}" >/dev/null || echo "${entry##*:}"; done | sort -u
}

packages=$(missing)
[ -z "$packages" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # policy-rc.d keeps the packages from starting their services: the tests start private ones.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; fi
  export DEBIAN_FRONTEND=noninteractive
  install() {
    # shellcheck disable=SC2086 # one word a package
    apt-get -o DPkg::Lock::Timeout=300 -q -y install --no-install-recommends $packages
  }
  echo "installing for the tests:" $packages
  log=$(mktemp)
  install >"$log" 2>&1 || { apt-get -o DPkg::Lock::Timeout=300 -q update >>"$log" 2>&1 && install >>"$log" 2>&1; } ||
    tail -n 20 "$log" >&2
  rm -f "$log"
  packages=$(missing)
  [ -z "$packages" ] && exit 0
fi

echo "missing for some tests: $(echo $packages) (Debian: apt-get install $(echo $packages))" >&2
[ "${CI:-}" = true ] && exit 1 || exit 0
