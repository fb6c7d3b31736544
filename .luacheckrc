std = "lua51"
globals = { "KEYS", "ARGV" }
read_globals = { "redis" }
max_line_length = 130
