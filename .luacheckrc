std = "lua51"
globals = { "KEYS", "ARGV" }
read_globals = { "redis", "cjson" }
max_line_length = 130
