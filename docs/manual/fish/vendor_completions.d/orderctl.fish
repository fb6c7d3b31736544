# fish completion for orderctl
# Made by tools/manual; change it there.
# Is the command line at this sub-command?
function __orderctl_at
    set -l path
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --config --count --customer --from --id --item --keys.order --keys.reply --keys.stock --lane --limit --max-age --max-findings --memory --nodes --order --prefix --quantity --reason --request --search --set --since --skip --sku --status --streams.dead --streams.group --streams.lanes --streams.orders --streams.results --timeout --to --until --valkey.cluster --valkey.connect_timeout --valkey.password_file --valkey.reply_timeout --valkey.sentinel_password_file --valkey.sentinel_username --valkey.sentinels --valkey.service --valkey.tls_ca_file --valkey.tls_cert_file --valkey.tls_key_file --valkey.tls_server_name --valkey.url --valkey.username
                set skip yes
            case '-*'
            case '*'
                contains -- (string join " " $path $word) 'stock' 'stock set' 'stock add' 'stock get' 'stock list' 'submit' 'results' 'order' 'order show' 'dead' 'dead list' 'dead show' 'dead requeue' 'dead discard' 'status' 'doctor' 'pause' 'resume' 'audit' 'lane' 'lane names'
                and set -a path $word
        end
    end
    test "$(string join " " -- $path)" = "$argv[1]"
end
complete -c orderctl -f
complete -c orderctl -s h -l help -d 'print this help'
complete -c orderctl -l version -d 'print the version'
complete -c orderctl -l json -d 'print JSON, one object per line'
complete -c orderctl -l lane -x -d 'the lane to use, if there are several (streams.lanes)'
complete -c orderctl -l config -r -F -d 'settings file, TOML'
complete -c orderctl -l valkey.url -x -d 'address of the server [valkey://127.0.0.1:6379]'
complete -c orderctl -l valkey.username -x -d 'user to authenticate as; empty: the default user'
complete -c orderctl -l valkey.password_file -r -F -d 'file whose first line is the password; empty: no password'
complete -c orderctl -l valkey.connect_timeout -x -d 'time limit for one attempt to connect [5s]'
complete -c orderctl -l valkey.reply_timeout -x -d 'time limit for a reply, after which the connection is closed [10s]'
complete -c orderctl -l valkey.sentinels -x -d 'sentinels that name the primary: host[:port], separated by commas; empty: none'
complete -c orderctl -l valkey.service -x -d 'name of the primary at the sentinels'
complete -c orderctl -l valkey.sentinel_username -x -d 'user to authenticate as at the sentinels; empty: the default user'
complete -c orderctl -l valkey.sentinel_password_file -x -d 'file whose first line is the password for the sentinels; empty: no password'
complete -c orderctl -l valkey.cluster -x -d 'whether the server is a cluster: true or false [false]'
complete -c orderctl -l valkey.tls_ca_file -x -d 'certificates to trust with valkeys://, in PEM format; empty: those of the system'
complete -c orderctl -l valkey.tls_cert_file -x -d 'client certificate and its chain, in PEM format; empty: none'
complete -c orderctl -l valkey.tls_key_file -x -d 'private key of the client certificate, in PEM format, without a passphrase'
complete -c orderctl -l valkey.tls_server_name -x -d 'name or address that the server\'s certificate has to be for; empty: the host'
complete -c orderctl -l streams.orders -x -d 'stream to read orders from [orders]'
complete -c orderctl -l streams.results -x -d 'stream to write results to, one entry for each request [results]'
complete -c orderctl -l streams.dead -x -d 'stream for copies of malformed requests [<orders>:dead]'
complete -c orderctl -l streams.group -x -d 'consumer group that shows the position, for monitoring only; empty: none [orderd]'
complete -c orderctl -l streams.lanes -x -d 'lanes that orders are spread over by their SKUs, separated by commas; empty: one, without a name'
complete -c orderctl -l keys.stock -x -d 'key of an SKU\'s stock [product:<sku>:stock]'
complete -c orderctl -l keys.order -x -d 'key of an order\'s record [<orders>:order:<id>]'
complete -c orderctl -l keys.reply -x -d 'key of the list that the result of a request with reply_to is also pushed to [<orders>:reply:<to>]'
complete -c orderctl -n '__orderctl_at \'\'' -a stock -d 'set, change and show stock'
complete -c orderctl -n '__orderctl_at \'\'' -a submit -d 'push orders into the orders stream'
complete -c orderctl -n '__orderctl_at \'\'' -a results -d 'show the results of requests'
complete -c orderctl -n '__orderctl_at \'\'' -a order -d 'show what is known of an order'
complete -c orderctl -n '__orderctl_at \'\'' -a dead -d 'list, show, requeue and discard malformed requests'
complete -c orderctl -n '__orderctl_at \'\'' -a status -d 'show who is active, what waits, and problems of the server'
complete -c orderctl -n '__orderctl_at \'\'' -a doctor -d 'check the server: what is wrong, why, and how to fix it'
complete -c orderctl -n '__orderctl_at \'\'' -a pause -d 'settle no more requests until resume'
complete -c orderctl -n '__orderctl_at \'\'' -a resume -d 'settle requests again after a pause'
complete -c orderctl -n '__orderctl_at \'\'' -a audit -d 'prove from the streams and keys that the promises were kept'
complete -c orderctl -n '__orderctl_at \'\'' -a lane -d 'show which lane an SKU belongs to, or make names for lanes'
complete -c orderctl -n '__orderctl_at \'stock\'' -a set -d 'set the stock of an SKU'
complete -c orderctl -n '__orderctl_at \'stock\'' -a add -d 'add to or subtract from the stock of an SKU'
complete -c orderctl -n '__orderctl_at \'stock\'' -a get -d 'show the stock of some SKUs'
complete -c orderctl -n '__orderctl_at \'stock\'' -a list -d 'show all stock'
complete -c orderctl -n '__orderctl_at \'stock set\'' -l reason -x -d 'why, for the results stream [set or add]'
complete -c orderctl -n '__orderctl_at \'stock add\'' -l reason -x -d 'why, for the results stream [set or add]'
complete -c orderctl -n '__orderctl_at \'stock list\'' -l unsorted -d 'print SKUs as they are found, unsorted and possibly twice; needs no memory for their names'
complete -c orderctl -n '__orderctl_at \'submit\'' -l wait -d 'wait for the results; print them, or for a file a summary'
complete -c orderctl -n '__orderctl_at \'submit\'' -l timeout -x -d 'give up if no result arrives, or no connection succeeds, for this long [30s]'
complete -c orderctl -n '__orderctl_at \'submit\'' -l force -d 'push lines of the file that are not JSON objects, too'
complete -c orderctl -n '__orderctl_at \'submit\'' -l quiet -d 'print no request IDs, summary or progress'
complete -c orderctl -n '__orderctl_at \'submit\'' -l id -x -d 'the order\'s ID [a new one]'
complete -c orderctl -n '__orderctl_at \'submit\'' -l customer -x -d 'who buys'
complete -c orderctl -n '__orderctl_at \'submit\'' -l sku -x -d 'what to buy'
complete -c orderctl -n '__orderctl_at \'submit\'' -l quantity -x -d 'how many [1]'
complete -c orderctl -n '__orderctl_at \'submit\'' -l item -x -d 'one line of an order; may be repeated'
complete -c orderctl -n '__orderctl_at \'submit\'' -F
complete -c orderctl -n '__orderctl_at \'results\'' -l count -x -d 'how many: the last ones, or with --from the first ones from there [20; with --from, --order or --request: all]'
complete -c orderctl -n '__orderctl_at \'results\'' -l from -l since -x -d 'start at this entry, or at this time'
complete -c orderctl -n '__orderctl_at \'results\'' -l order -x -d 'only results of this order'
complete -c orderctl -n '__orderctl_at \'results\'' -l request -x -d 'only the result of this request'
complete -c orderctl -n '__orderctl_at \'results\'' -l status -x -a 'accepted rejected duplicate stock letter' -d 'only results with this status (accepted, rejected, duplicate, stock, letter)'
complete -c orderctl -n '__orderctl_at \'results\'' -l reason -x -d 'only results with this reason, such as insufficient_stock'
complete -c orderctl -n '__orderctl_at \'results\'' -l follow -d 'keep printing new results, until Ctrl-C'
complete -c orderctl -n '__orderctl_at \'order\'' -a show -d 'show an order\'s record, request, results and waiting requests'
complete -c orderctl -n '__orderctl_at \'order show\'' -l search -x -d 'how many results and waiting requests to search [100000]'
complete -c orderctl -n '__orderctl_at \'dead\'' -a list -d 'show dead letters, the newest first; with --from the oldest'
complete -c orderctl -n '__orderctl_at \'dead\'' -a show -d 'show all of a dead letter'
complete -c orderctl -n '__orderctl_at \'dead\'' -a requeue -d 'push malformed requests again, once'
complete -c orderctl -n '__orderctl_at \'dead\'' -a discard -d 'remove dead letters'
complete -c orderctl -n '__orderctl_at \'dead list\'' -l from -l since -x -d 'start at this letter, or at this time'
complete -c orderctl -n '__orderctl_at \'dead list\'' -l to -l until -x -d 'no letters after this one, or after this time'
complete -c orderctl -n '__orderctl_at \'dead list\'' -l limit -x -d 'how many at most [20]'
complete -c orderctl -n '__orderctl_at \'dead requeue\'' -l set -x -d 'correct this field; may be repeated'
complete -c orderctl -n '__orderctl_at \'dead requeue\'' -l reason -x -d 'why, for the results stream [by hand]'
complete -c orderctl -n '__orderctl_at \'dead discard\'' -l reason -x -d 'why, for the results stream [by hand]'
complete -c orderctl -n '__orderctl_at \'status\'' -l check -d 'show only what is wrong'
complete -c orderctl -n '__orderctl_at \'status\'' -l max-age -x -d 'with --check: how long a request may wait [10s]'
complete -c orderctl -n '__orderctl_at \'doctor\'' -l skip -x -d 'leave this one out; may be repeated'
complete -c orderctl -n '__orderctl_at \'pause\'' -l reason -x -d 'why, for the log and orderctl status [by hand]'
complete -c orderctl -n '__orderctl_at \'audit\'' -l from -l since -x -d 'only results from this one on, or from this time on'
complete -c orderctl -n '__orderctl_at \'audit\'' -l to -l until -x -d 'only results up to this one, or up to this time'
complete -c orderctl -n '__orderctl_at \'audit\'' -l memory -x -d 'for order IDs, 1MiB or more; what does not fit is read in several passes [512MiB]'
complete -c orderctl -n '__orderctl_at \'audit\'' -l max-findings -x -d 'violations to report for each check [20]'
complete -c orderctl -n '__orderctl_at \'lane\'' -a names -d 'print names for lanes that spread evenly over a cluster'
complete -c orderctl -n '__orderctl_at \'lane names\'' -l count -x -d 'how many lanes'
complete -c orderctl -n '__orderctl_at \'lane names\'' -l nodes -x -d 'how many equal nodes there are; the number of lanes has to be a multiple [1]'
complete -c orderctl -n '__orderctl_at \'lane names\'' -l prefix -x -d 'what each name begins with [l]'
