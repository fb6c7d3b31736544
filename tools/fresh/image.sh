#!/usr/bin/env bash
# For tools/try-fresh: builds config/Dockerfile with buildah, with only Debian's packages reachable, and sells in the image.
# Uses its variables and those of root.sh.
# shellcheck disable=SC2016,SC2154 # what is quoted is for a shell inside; see above

try_image() {
  local begin=$SECONDS working
  image_tool() { buildah --root "$image/storage" --runroot "$image/run" --storage-driver vfs "$@"; }
  make_plain
  rm -rf "$image"
  copy_checkout "$image/source"
  say 'making the base image'
  working=$(image_tool from scratch)
  image_tool add -q "$working" "$plain" / >/dev/null
  image_tool commit -q --rm "$working" docker.io/library/debian:trixie-slim >/dev/null
  say 'building the image'
  image_tool bud --isolation chroot --pull-never -t orderd -f config/Dockerfile "$image/source" >"$image/log" 2>&1 ||
    { tail -n 30 "$image/log" >&2; say 'it does not build'; exit 1; }
  say "built in $((SECONDS - begin)) s; selling in it"
  working=$(image_tool from --pull-never orderd)
  image_tool run --isolation chroot "$working" -- sh -euc '
    export ORDERD_VALKEY_URL=embedded:/var/lib/orderd/valkey
    orderd --config /etc/orderd/orderd.toml 2>orderd.log & daemon=$!
    until orderctl stock list >/dev/null 2>&1; do kill -0 $daemon || { cat orderd.log; exit 1; }; sleep 0.1; done
    order-replay generate --preset drop --seed 7 --orders 1000 --stock 100 -o drop.ndjson
    order-replay run drop.ndjson --set-stock --producers 4 --wait --verify >&2
    orderctl audit >&2
    orderctl results --json --count 1000000 | grep "\"status\":\"accepted\"" | grep -o "\"sku\":\"sneaker\",\"quantity\":[0-9]*" |
      awk -F: "{ sold += \$3 } END { print \"sold\", sold, \"of 100\" }"
    echo "$(orderctl stock get sneaker --json | grep -o "\"stock\":[0-9]*"), as the user $(id -un)"
    kill $daemon
    wait $daemon' >"$image/sale" 2>"$image/sale.log" || true
  grep -q 'sold 100 of 100' "$image/sale" || { cat "$image/sale.log" "$image/sale" >&2; wrong 'the sale failed'; }
  printf '### The image\n\n```\n%s\n```\n' "$(cat "$image/sale")"
}
