#!/usr/bin/env bash
# Pushes an order and waits for its result: order.sh ID SKU QUANTITY
set -euo pipefail

if [ $# -ne 3 ]; then
  echo 'usage: order.sh ID SKU QUANTITY' >&2
  exit 64
fi
id=$1 sku=$2 quantity=$3
readonly tries=3 timeout=5 # seconds

valkey=(valkey-cli -e --raw) # -e: an error reply is a failure
if [ -n "${VALKEY_SOCKET:-}" ]; then valkey+=(-s "$VALKEY_SOCKET")
else valkey+=(-h "${VALKEY_HOST:-127.0.0.1}" -p "${VALKEY_PORT:-6379}"); fi
[ -z "${VALKEY_USER:-}" ] || valkey+=(--user "$VALKEY_USER")
# In the environment, where ps does not show it.
[ -z "${VALKEY_PASSWORD:-}" ] || export REDISCLI_AUTH=$VALKEY_PASSWORD
# valkey-cli has no read timeout. This one must exceed BLPOP's.
call() { timeout $((timeout + 5)) "${valkey[@]}" "$@"; }

# member NAME JSON: the text of a member. An inner quotation mark is escaped, so it cannot end the name or the text.
member() { sed -nE "s/.*\"$1\":\"(([^\"\\\\]|\\\\.)*)\".*/\1/; T; s/\\\\\"/\"/g; p" <<<"$2"; }

ask() {
  local request reply
  # The flat form needs no JSON. A quantity is decimal digits: 3, not 3.0 or 03.
  request=$(call XADD orders '*' id "$id" sku "$sku" quantity "$quantity" reply_to "$id") || return
  while :; do
    reply=$(call BLPOP "orders:reply:$id" $timeout) || return
    result=${reply#*$'\n'} # the first line is the list's name
    [ -n "$result" ] || return
    [ "$(member request "$result")" != "$request" ] || return 0 # else: a late result of an earlier try
  done
}

# After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
result='' answered=no
for ((n = 1; n <= tries; n++)); do
  if ask; then answered=yes; break; fi
  echo "try $n of $tries: no result" >&2
  sleep 0.2
done
if [ $answered = no ]; then
  echo "$id: unknown; retry with the same ID"
  exit 2
fi

# A duplicate carries the original decision: the one that counts.
decision=$(member status "$result") note=''
if [ "$decision" = duplicate ]; then decision=$(member outcome "$result") note=' (duplicate)'; fi
line="$id: $decision$note"
for name in reason detail; do
  text=$(member $name "$result")
  [ -z "$text" ] || line+=": $text"
done
printf '%s\n' "$line"
[ "$decision" = accepted ] # the exit status: 0 or 1
