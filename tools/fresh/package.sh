#!/usr/bin/env bash
# For tools/try-fresh: from the Debian package to a first result on a clean machine, with the commands of
# docs/install.md. Uses the functions of tools/fresh/root.sh.
# shellcheck disable=SC2016,SC2034,SC2154 # what is quoted is for a shell or a program inside; variables of and for others

package_seconds='' package_size='' package_count='' package_mb=''
try_package() { # try_package FILE
  local file begin count mb server=valkey-server
  # Debian 12 has Valkey only in backports.
  [ "$release" = 13 ] || server=redis-server
  file=$(mktemp "$fresh/package.XXXXXX")
  cp "$1" "$file"  # booting makes a new root
  package_size=$(($(stat -c %s "$file") / 1024))
  boot root
  mv "$file" "$root/root/orderd_new.deb"
  checkout=/root
  as_root 'apt-get update' >"$terminal" 2>&1 || wrong "apt-get update: $(tail "$terminal")"
  read -r count mb < <(packages)
  begin=$(date +%s)
  as_root "set -e; export DEBIAN_FRONTEND=noninteractive
    apt-get install -y $server
    apt-get install -y ./orderd_*.deb" >"$terminal" 2>&1 || wrong "installing the package: $(tail "$terminal")"
  [ "$(as_root 'systemctl is-enabled orderd; systemctl is-active orderd' | paste -sd ' ')" = 'disabled inactive' ] || wrong 'the package enables or starts the service'
  as_root 'set -e
    systemctl enable --now orderd
    orderctl stock set shoe 10
    orderctl submit --sku shoe --quantity 3 --wait' >"$terminal" 2>&1 || wrong "the first result: $(cat "$terminal")"
  grep -q 'accepted .* shoe 3, 7 left' "$terminal" || wrong "no first result: $(cat "$terminal")"
  package_seconds=$(($(date +%s) - begin))
  [ "$package_seconds" -le 60 ] || wrong "the first result took $package_seconds s, more than 60"
  read -r package_count package_mb < <(packages)
  package_count=$((package_count - count)) package_mb=$((package_mb - mb))

  say 'the service: reload, hang, upgrade, removal'
  as_root 'set -e
    systemctl reload orderd
    systemctl show orderd -p StatusText | grep "serving"
    mkdir -p /run/systemd/system/orderd.service.d
    printf "[Service]\nWatchdogSec=1s\nTimeoutAbortSec=1s\n" >/run/systemd/system/orderd.service.d/short.conf
    systemctl daemon-reload
    systemctl restart orderd
    kill -STOP "$(systemctl show orderd -p MainPID --value)"
    until [ "$(systemctl show orderd -p NRestarts --value)" = 1 ] && systemctl is-active orderd; do sleep 0.1; done
    orderctl submit --sku shoe --quantity 2 --wait
    orderctl audit' >"$terminal" 2>&1 || wrong "the service: $(tail -n 20 "$terminal")"
  as_root 'set -e; export DEBIAN_FRONTEND=noninteractive
    before=$(systemctl show orderd -p MainPID --value)
    echo "# mine" >>/etc/orderd/orderd.toml
    apt-get install -y --reinstall ./orderd_*.deb
    systemctl is-active orderd
    grep "# mine" /etc/orderd/orderd.toml
    [ "$before" != "$(systemctl show orderd -p MainPID --value)" ]
    apt-get purge -y orderd
    ! systemctl is-active orderd
    ! ls -d /etc/orderd /var/lib/orderd /var/lib/private/orderd /usr/share/doc/orderd
    [ -z "$(find /etc/systemd /var/lib/systemd -name "*orderd*")" ]' >"$terminal" 2>&1 || wrong "upgrade and removal: $(tail -n 20 "$terminal")"
}
