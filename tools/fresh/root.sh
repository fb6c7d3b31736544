#!/usr/bin/env bash
# For tools/try-fresh: creates a clean Debian with debootstrap, boots copies of it, runs commands inside. Uses its
# variables: release and suite (12, bookworm), and the paths fresh, plain (Debian alone), base (with what a run needs),
# root, log.
# shellcheck disable=SC2016,SC2154 # what is quoted is for a shell or a program inside; see above

name=orderd-fresh-$release link=fresh-$release net=10.99.$release
container='' leader='' forwarding=''
halt() {
  if [ -n "$container" ]; then
    [ -z "$leader" ] || kill -s RTMIN+4 "$leader" 2>/dev/null || true  # systemd: power off
    for _ in $(seq 100); do kill -0 "$container" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
    container='' leader=''
  fi
  nft delete table ip "$name" 2>/dev/null || true
  ip link delete "$link" 2>/dev/null || true
  ip netns delete "$name" 2>/dev/null || true
}

copy_checkout() { # copy_checkout DIRECTORY: the working tree, without untracked files
  mkdir -p "$1"
  git ls-files -z | tar --null -T - -cf - | tar --no-same-owner -xf - -C "$1"
}

make_plain() {
  [ ! -e "$plain.made" ] || return 0
  say "making a clean Debian $release in $plain"
  rm -rf "$plain" "$base" "$base.made"
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | head -n 1)
  debootstrap --variant=minbase "$suite" "$plain" "$uri" >"$fresh/debootstrap.log" 2>&1 || { tail "$fresh/debootstrap.log" >&2; exit 1; }
  # If this machine does not check the dates of an archive, the root must not either.
  apt-config dump | grep '^Acquire::Check-' >"$plain/etc/apt/apt.conf.d/90dates" || true
  touch "$plain.made"
}
make_base() {
  make_plain
  [ ! -e "$base.made" ] || return 0
  say "adding systemd, sudo, a German locale and a user"
  rm -rf "$base"
  cp -a "$plain" "$base"
  chroot "$base" sh -ec 'export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends dbus iproute2 locales sudo systemd systemd-sysv
    echo "de_DE.UTF-8 UTF-8" >/etc/locale.gen
    locale-gen
    useradd --create-home --shell /bin/bash anna
    echo fresh >/etc/hostname
    echo "127.0.0.1 localhost fresh" >/etc/hosts
    echo "anna ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/anna' >"$fresh/base.log" 2>&1 || { tail "$fresh/base.log" >&2; exit 1; }
  touch "$base.made"
}

user='' checkout=''
inside() { # inside COMMAND: as the user of this run, in the checkout, behind a strict umask
  local as=() home=/root language=C.UTF-8
  [ "$user" = root ] || { as=(setpriv --reuid "$user" --regid "$user" --init-groups); home=/home/$user language=de_DE.UTF-8; }
  nsenter -t "$leader" -m -u -i -n -p -C "${as[@]}" env -i --default-signal=INT,QUIT HOME="$home" USER="$user" LANG=$language TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -c "umask 077; cd '$checkout'; $1" </dev/null
}
as_root() { user=root inside "$1"; }
boot() { # boot USER: a clean root, booted, with the checkout in USER's home, in a path with a space and an umlaut
  user=$1
  halt
  rm -rf "$root"
  cp -a "$base" "$root"
  checkout="/root/mein Büro"
  [ "$user" = root ] || checkout="/home/$user/mein Büro"
  copy_checkout "$root$checkout"
  [ "$user" = root ] || chroot "$root" chown -R "$user:$user" "/home/$user"
  say "booting it, for $user"
  ip netns add "$name"
  ip link add "$link" type veth peer name eth0 netns "$name"
  ip address add "$net.1/24" dev "$link"
  ip link set "$link" up
  ip -n "$name" address add "$net.2/24" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" link set lo up
  ip -n "$name" route add default via "$net.1"
  forwarding=${forwarding:-$(sysctl -n net.ipv4.ip_forward)}
  sysctl -q -w net.ipv4.ip_forward=1
  nft add table ip "$name"
  nft add chain ip "$name" out '{ type nat hook postrouting priority 100 ; }'
  nft add rule ip "$name" out ip saddr "$net.0/24" masquerade
  # Not registered: works without a bus. The variables are for hosts with cgroups v1.
  SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0 setsid systemd-nspawn -q --hostname=fresh -D "$root" \
    --register=no --keep-unit -b --network-namespace-path="/run/netns/$name" --resolv-conf=copy-host \
    --setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 </dev/null >"$log" 2>&1 &
  container=$!
  for _ in $(seq 300); do
    leader=$(pgrep -P $container -x systemd || true)
    if [ -n "$leader" ] && as_root 'systemctl is-system-running' 2>/dev/null | grep -qE 'running|degraded'; then break; fi
    leader=''
    sleep 0.1
  done
  [ -n "$leader" ] || { tail "$log" >&2; say 'systemd does not boot here'; exit 1; }
}
