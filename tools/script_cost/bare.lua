local stock = tonumber(redis.call("GET", KEYS[1]) or "0")
local quantity = tonumber(ARGV[1])
if stock < quantity then return 0 end
redis.call("DECRBY", KEYS[1], quantity)
return 1
