std = "lua51"
globals = { "KEYS", "ARGV" }
read_globals = { "server" }
max_line_length = 130
