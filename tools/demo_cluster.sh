# The --cluster part of tools/demo, which sources it. Uses its $work, $seed, $background and say().
# shellcheck shell=bash

readonly cluster_requests=24000 cluster_rate=3000

# Below 32,768, from where on the kernel gives ports to connections.
free_port() { # free_port: for a node; its cluster bus uses the port plus 10,000
  local port
  while port=$((11000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$((port + 10000))") 2>/dev/null; do :; done
  echo "$port"
}

start_node() { # start_node NUMBER PORT
  mkdir -p "$work/node-$1"
  valkey-server --port "$2" --bind 127.0.0.1 --dir "$work/node-$1" --logfile "$work/node-$1/log" --save '' --appendonly yes \
    --aof-load-truncated no --cluster-enabled yes --cluster-node-timeout 1000 --cluster-require-full-coverage no --repl-diskless-sync-delay 0 9>&- &
  nodes[$1]=$!
  background+=("$!")
  disown # so that the shell does not report the kill
}

wait_for() { # wait_for WHAT COMMAND...: at most 30 s
  local what=$1 deadline=$((SECONDS + 30))
  shift
  until "$@"; do
    if [ $SECONDS -ge $deadline ]; then say "demo: timed out waiting for $what"; exit 1; fi
    sleep 0.1
  done
}
answers() { [ "$(valkey-cli -p "$1" ping 2>/dev/null)" = PONG ]; }
# The cluster is up, and each primary's replica is in sync.
whole() {
  local port
  for port in "${ports[@]}"; do valkey-cli -p "$port" cluster info | grep -q 'cluster_state:ok' || return 1; done
  [ "$(valkey-cli -p "${ports[0]}" cluster nodes | grep -c 'slave.*connected')" = 3 ] || return 1
  for port in "${ports[@]}"; do
    if valkey-cli -p "$port" role | grep -q '^slave'; then valkey-cli -p "$port" role | grep -q '^connected' || return 1; fi
  done
}
serving() { orderctl status --check >/dev/null 2>&1; }
shared() { [ "$(orderctl status | awk '$2 == "one" || $2 == "two" { print $2 }' | sort | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" = '2 2 ' ]; }
pushed() { # pushed: number of requests in all lanes
  local lane sum=0
  for lane in ${ORDERD_STREAMS_LANES//,/ }; do
    sum=$((sum + $(valkey-cli -c -p "${ports[1]}" xlen "{$lane}:orders" 2>/dev/null || echo 0)))
  done
  echo $sum
}
half_pushed() { [ "$(pushed)" -ge $((cluster_requests / 2)) ]; }

demo_cluster() {
  local i before urls='' run=0 audit=0 replay victim name daemons=()
  ports=() nodes=()
  for i in 0 1 2 3 4 5; do
    ports[i]=$(free_port)
    start_node "$i" "${ports[i]}"
    urls+=${urls:+,}127.0.0.1:${ports[i]}
  done
  for i in "${ports[@]}"; do wait_for "the node on port $i" answers "$i"; done
  say ''
  say 'A Valkey Cluster of three primaries and three replicas.'
  # shellcheck disable=SC2086 # one address a word
  valkey-cli --cluster create ${urls//,/ } --cluster-replicas 1 --cluster-yes >"$work/create.log" 2>&1
  wait_for 'the cluster' whole

  ORDERD_STREAMS_LANES=$(orderctl lane names --count 4)
  export ORDERD_STREAMS_LANES ORDERD_VALKEY_URL="valkey://$urls" ORDERD_VALKEY_CLUSTER=true
  export ORDERD_STREAMS_ORDERS='{<lane>}:orders' ORDERD_STREAMS_RESULTS='{<lane>}:results' ORDERD_KEYS_STOCK='{<lane>}:product:<sku>:stock'
  say "Four lanes, by name $ORDERD_STREAMS_LANES, and two daemons that share them:"
  for name in one two; do
    ORDERD_PROCESSING_NAME=$name orderd 2>"$work/orderd-$name.log" 9>&- &
    background+=("$!")
    daemons+=("$!")
  done
  wait_for 'the daemons' serving
  wait_for 'each daemon to have half of the lanes' shared
  orderctl status >&2

  say ''
  say "$cluster_requests orders at $cluster_rate a second; half-way a primary is killed."
  order-replay generate --seed "$seed" --orders $cluster_requests --rate $cluster_rate --skus 400 --stock 50 --lines-max 2 \
    --lanes 4 --malformed 0.01 --repeated 0.03 -o "$work/load.ndjson"
  order-replay run "$work/load.ndjson" --set-stock --wait --verify --timeout 15s 9>&- >"$work/summary" 2>"$work/replay.log" &
  replay=$!
  background+=("$replay")
  wait_for 'the first half of the orders' half_pushed
  victim=$(valkey-cli -p "${ports[0]}" cluster nodes | awk '/myself/ && /master/ { print 0 }')
  victim=${victim:-1}
  before=$(pushed)
  kill -9 "${nodes[$victim]}"
  say "killed the node on port ${ports[$victim]} with $before orders pushed; its replica takes over within some seconds"
  wait "$replay" || run=$?
  say ''
  cat "$work/summary" >&2
  grep -v '^{' "$work/replay.log" >&2 || true
  grep -h 'forgotten\|lost the connection' "$work"/orderd-*.log | cut -c1-160 | sort | head -n 6 >&2 || true

  say ''
  say 'The audit of all lanes:'
  orderctl audit || audit=$?
  kill "${daemons[@]}"
  wait "${daemons[@]}" || { say 'a daemon did not exit with 0'; exit 1; }
  if [ $run -ne 0 ] || [ $audit -ne 0 ]; then say "order-replay exited with $run, the audit with $audit"; exit 1; fi
  say ''
  say "each of $cluster_requests orders has one result, in order, and the ledger of each lane is proved"
}
