# fish completion for order-replay
# Made by tools/manual; change it there.
# Is the command line at this sub-command?
function __order_replay_at
    set -l path
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --config --connections --customers --data --distribution --exponent --from --from-line --hot --id --keys.order --keys.reply --keys.stock --lane --lanes --lines-max --lines-min --malformed --orders --output --preset --producers --quantity-max --quantity-min --rate --record-results --repeated --reused --seed --since --sku --skus --speed --stock --streams.dead --streams.group --streams.lanes --streams.orders --streams.results --timeout --to --unknown --until --valkey.cluster --valkey.connect_timeout --valkey.password_file --valkey.reply_timeout --valkey.sentinel_password_file --valkey.sentinel_username --valkey.sentinels --valkey.service --valkey.tls_ca_file --valkey.tls_cert_file --valkey.tls_key_file --valkey.tls_server_name --valkey.url --valkey.username --window -o
                set skip yes
            case '-*'
            case '*'
                contains -- (string join " " $path $word) 'generate' 'capture' 'report' 'run' 'verify'
                and set -a path $word
        end
    end
    test "$(string join " " -- $path)" = "$argv[1]"
end
complete -c order-replay -f
complete -c order-replay -s h -l help -d 'print this help'
complete -c order-replay -l version -d 'print the version'
complete -c order-replay -l json -d 'print JSON, one object per line'
complete -c order-replay -l lane -x -d 'the lane to use, if there are several (streams.lanes)'
complete -c order-replay -l config -r -F -d 'settings file, TOML'
complete -c order-replay -l valkey.url -x -d 'address of the server [valkey://127.0.0.1:6379]'
complete -c order-replay -l valkey.username -x -d 'user to authenticate as; empty: the default user'
complete -c order-replay -l valkey.password_file -r -F -d 'file whose first line is the password; empty: no password'
complete -c order-replay -l valkey.connect_timeout -x -d 'time limit for one attempt to connect [5s]'
complete -c order-replay -l valkey.reply_timeout -x -d 'time limit for a reply, after which the connection is closed [10s]'
complete -c order-replay -l valkey.sentinels -x -d 'sentinels that name the primary: host[:port], separated by commas; empty: none'
complete -c order-replay -l valkey.service -x -d 'name of the primary at the sentinels'
complete -c order-replay -l valkey.sentinel_username -x -d 'user to authenticate as at the sentinels; empty: the default user'
complete -c order-replay -l valkey.sentinel_password_file -x -d 'file whose first line is the password for the sentinels; empty: no password'
complete -c order-replay -l valkey.cluster -x -d 'whether the server is a cluster: true or false [false]'
complete -c order-replay -l valkey.tls_ca_file -x -d 'certificates to trust with valkeys://, in PEM format; empty: those of the system'
complete -c order-replay -l valkey.tls_cert_file -x -d 'client certificate and its chain, in PEM format; empty: none'
complete -c order-replay -l valkey.tls_key_file -x -d 'private key of the client certificate, in PEM format, without a passphrase'
complete -c order-replay -l valkey.tls_server_name -x -d 'name or address that the server\'s certificate has to be for; empty: the host'
complete -c order-replay -l streams.orders -x -d 'stream to read orders from [orders]'
complete -c order-replay -l streams.results -x -d 'stream to write results to, one entry for each request [results]'
complete -c order-replay -l streams.dead -x -d 'stream for copies of malformed requests [<orders>:dead]'
complete -c order-replay -l streams.group -x -d 'consumer group that shows the position, for monitoring only; empty: none [orderd]'
complete -c order-replay -l streams.lanes -x -d 'lanes that orders are spread over by their SKUs, separated by commas; empty: one, without a name'
complete -c order-replay -l keys.stock -x -d 'key of an SKU\'s stock [product:<sku>:stock]'
complete -c order-replay -l keys.order -x -d 'key of an order\'s record [<orders>:order:<id>]'
complete -c order-replay -l keys.reply -x -d 'key of the list that the result of a request with reply_to is also pushed to [<orders>:reply:<to>]'
complete -c order-replay -n '__order_replay_at \'\'' -a generate -d 'generate a workload'
complete -c order-replay -n '__order_replay_at \'\'' -a capture -d 'write a stream\'s entries to a recording'
complete -c order-replay -n '__order_replay_at \'\'' -a report -d 'draw a run as a page'
complete -c order-replay -n '__order_replay_at \'\'' -a run -d 'push a recording into the orders stream'
complete -c order-replay -n '__order_replay_at \'\'' -a verify -d 'check that two runs have the same results'
complete -c order-replay -n '__order_replay_at \'generate\'' -l preset -x -a 'drop' -d 'a predefined workload (drop)'
complete -c order-replay -n '__order_replay_at \'generate\'' -l seed -x -d 'the same seed gives the same workload [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l orders -x -d 'requests, including malformed and repeated ones [1000]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l skus -x -d 'how many SKUs [100]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l sku -x -d 'the name of a single SKU, or the prefix of several [sku-]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l stock -x -d 'stock of each SKU [1000000]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l distribution -x -a 'uniform zipf hot' -d 'over the SKUs (uniform, zipf, hot) [uniform]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l exponent -x -d 'of zipf, 0 to 5 [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l hot -x -d 'of the hot SKU [0.5]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l lanes -x -d 'all SKUs of an order belong to one of so many lanes [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l lines-min -x -d 'fewest lines per order [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l lines-max -x -d 'most lines per order [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l quantity-min -x -d 'smallest quantity [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l quantity-max -x -d 'largest quantity [1]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l customers -x -d 'how many customers [1000]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l id -x -d 'prefix of order IDs [g and the seed: g1-]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l malformed -x -d 'malformed requests, of nine kinds [0]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l unknown -x -d 'orders for an SKU without stock [0]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l repeated -x -d 'orders that are sent a second time, unchanged [0]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l reused -x -d 'orders with a used ID and other content [0]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l rate -x -d 'requests per second [1000; preset drop: all]'
complete -c order-replay -n '__order_replay_at \'generate\'' -l poisson -d 'random gaps between requests, as from independent buyers'
complete -c order-replay -n '__order_replay_at \'generate\'' -s o -l output -r -F -d 'where to write [standard output]'
complete -c order-replay -n '__order_replay_at \'capture\'' -l results -d 'capture the results stream instead of the orders stream'
complete -c order-replay -n '__order_replay_at \'capture\'' -l from -l since -x -d 'the first entry [the stream\'s]'
complete -c order-replay -n '__order_replay_at \'capture\'' -l to -l until -x -d 'the last entry [the stream\'s]'
complete -c order-replay -n '__order_replay_at \'capture\'' -l follow -d 'keep capturing new entries, until Ctrl-C'
complete -c order-replay -n '__order_replay_at \'capture\'' -s o -l output -r -F -d 'where to write [standard output]'
complete -c order-replay -n '__order_replay_at \'report\'' -F
complete -c order-replay -n '__order_replay_at \'run\'' -l set-stock -d 'set the recording\'s stock first, like orderctl stock set'
complete -c order-replay -n '__order_replay_at \'run\'' -l max -d 'requests are due as soon as they can be sent'
complete -c order-replay -n '__order_replay_at \'run\'' -l rate -x -d 'requests are due at this rate, per second'
complete -c order-replay -n '__order_replay_at \'run\'' -l speed -x -d 'requests are due at the recording\'s times, X times as fast [1]'
complete -c order-replay -n '__order_replay_at \'run\'' -l producers -l connections -x -d 'connections; requests go to each in turn [1]'
complete -c order-replay -n '__order_replay_at \'run\'' -l window -x -d 'requests in flight per connection [1024]'
complete -c order-replay -n '__order_replay_at \'run\'' -l from-line -x -d 'start at this line of the file [1]'
complete -c order-replay -n '__order_replay_at \'run\'' -l no-retry -d 'do not resend requests after a lost connection'
complete -c order-replay -n '__order_replay_at \'run\'' -l wait -d 'wait for the results; report throughput and latency'
complete -c order-replay -n '__order_replay_at \'run\'' -l timeout -x -d 'with --wait: give up if no result arrives for this long [30s]'
complete -c order-replay -n '__order_replay_at \'run\'' -l record-results -r -F -d 'with --wait: write the results to this file, as a recording'
complete -c order-replay -n '__order_replay_at \'run\'' -l verify -d 'with --wait: check that each request has one result, in order, and no order is accepted twice'
complete -c order-replay -n '__order_replay_at \'run\'' -l data -x -a '(__fish_complete_directories)' -d 'with --wait: write the data for order-replay report here'
complete -c order-replay -n '__order_replay_at \'run\'' -l quiet -d 'print no progress'
complete -c order-replay -n '__order_replay_at \'run\'' -F
complete -c order-replay -n '__order_replay_at \'verify\'' -l resent -d 'leave duplicates out, because requests were resent'
