# fish completion for orderd
# Made by tools/manual; change it there.
# Is the command line at this sub-command?
function __orderd_at
    set -l path
    set -l skip no
    for word in (commandline -opc)[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --admin.listen --config --keys.order --keys.reply --keys.stock --log.format --log.level --processing.dedup_window --processing.lease --processing.max_in_flight --processing.max_lines --processing.max_quantity --processing.name --processing.orders_per_call --processing.reply_ttl --retention.dead --retention.orders --retention.results --shutdown.drain_timeout --streams.dead --streams.group --streams.lanes --streams.orders --streams.results --valkey.cluster --valkey.connect_timeout --valkey.password_file --valkey.reply_timeout --valkey.sentinel_password_file --valkey.sentinel_username --valkey.sentinels --valkey.service --valkey.tls_ca_file --valkey.tls_cert_file --valkey.tls_key_file --valkey.tls_server_name --valkey.url --valkey.username
                set skip yes
            case '-*'
            case '*'
        end
    end
    test "$(string join " " -- $path)" = "$argv[1]"
end
complete -c orderd -f
complete -c orderd -s h -l help -d 'show this help'
complete -c orderd -l version -d 'show the version'
complete -c orderd -l check -d 'check the settings and exit; contacts no server'
complete -c orderd -l online -d 'with --check: also the server, and the rights of the user there'
complete -c orderd -l print-config -d 'print the effective settings, secrets masked'
complete -c orderd -l config -r -F -d 'settings file, TOML'
complete -c orderd -l valkey.url -x -d 'address of the server [valkey://127.0.0.1:6379]'
complete -c orderd -l valkey.username -x -d 'user to authenticate as; empty: the default user'
complete -c orderd -l valkey.password_file -r -F -d 'file whose first line is the password; empty: no password'
complete -c orderd -l valkey.connect_timeout -x -d 'time limit for one attempt to connect [5s]'
complete -c orderd -l valkey.reply_timeout -x -d 'time limit for a reply, after which the connection is closed [10s]'
complete -c orderd -l valkey.sentinels -x -d 'sentinels that name the primary: host[:port], separated by commas; empty: none'
complete -c orderd -l valkey.service -x -d 'name of the primary at the sentinels'
complete -c orderd -l valkey.sentinel_username -x -d 'user to authenticate as at the sentinels; empty: the default user'
complete -c orderd -l valkey.sentinel_password_file -x -d 'file whose first line is the password for the sentinels; empty: no password'
complete -c orderd -l valkey.cluster -x -d 'whether the server is a cluster: true or false [false]'
complete -c orderd -l valkey.tls_ca_file -x -d 'certificates to trust with valkeys://, in PEM format; empty: those of the system'
complete -c orderd -l valkey.tls_cert_file -x -d 'client certificate and its chain, in PEM format; empty: none'
complete -c orderd -l valkey.tls_key_file -x -d 'private key of the client certificate, in PEM format, without a passphrase'
complete -c orderd -l valkey.tls_server_name -x -d 'name or address that the server\'s certificate has to be for; empty: the host'
complete -c orderd -l streams.orders -x -d 'stream to read orders from [orders]'
complete -c orderd -l streams.results -x -d 'stream to write results to, one entry for each request [results]'
complete -c orderd -l streams.dead -x -d 'stream for copies of malformed requests [<orders>:dead]'
complete -c orderd -l streams.group -x -d 'consumer group that shows the position, for monitoring only; empty: none [orderd]'
complete -c orderd -l streams.lanes -x -d 'lanes that orders are spread over by their SKUs, separated by commas; empty: one, without a name'
complete -c orderd -l keys.stock -x -d 'key of an SKU\'s stock [product:<sku>:stock]'
complete -c orderd -l keys.order -x -d 'key of an order\'s record [<orders>:order:<id>]'
complete -c orderd -l keys.reply -x -d 'key of the list that the result of a request with reply_to is also pushed to [<orders>:reply:<to>]'
complete -c orderd -l processing.name -x -d 'name of this daemon, shown as the owner of the orders stream [the host\'s name]'
complete -c orderd -l processing.lease -x -d 'how long the active daemon may be silent before another one takes over [3s]'
complete -c orderd -l processing.max_in_flight -x -d 'most requests in flight at a time [1024]'
complete -c orderd -l processing.orders_per_call -x -d 'most requests settled by one script call; 1: each request has its own call [64]'
complete -c orderd -l processing.max_quantity -x -d 'largest quantity of one line [1000000]'
complete -c orderd -l processing.max_lines -x -d 'most lines of one order [64]'
complete -c orderd -l processing.dedup_window -x -d 'how long an order ID is remembered; 0s: deduplication is off [24h]'
complete -c orderd -l processing.reply_ttl -x -d 'how long a list of replies is kept after the last one [1m]'
complete -c orderd -l retention.orders -x -d 'age at which settled requests are trimmed; 0s: never [24h]'
complete -c orderd -l retention.results -x -d 'age at which results are trimmed; 0s: never [168h]'
complete -c orderd -l retention.dead -x -d 'age at which dead letters are trimmed; 0s: never [0s]'
complete -c orderd -l admin.listen -x -d 'address of the status page, /metrics, /livez, /readyz and /version; empty: off [127.0.0.1:9464]'
complete -c orderd -l log.level -x -a 'trace debug info warn error' -d 'least severe level to log, to standard error (trace, debug, info, warn, error) [info]'
complete -c orderd -l log.format -x -a 'text json' -d 'text to read, or one JSON object per line (text, json) [text]'
complete -c orderd -l shutdown.drain_timeout -x -d 'how long shutdown waits for requests in flight [10s]'
