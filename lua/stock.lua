#!lua
-- stock.lua: sets or changes the stock of one SKU and records the change in the ledger in the same step.
--
-- KEYS  1 results stream   2 stock key
-- ARGV  1 'set' or 'add'   2 the amount: set: 0 to 2^53-1; add: a whole number, negative to remove
--       3 head of the line's JSON: '{"sku":"shoe",'   4 reason, free text
--
-- Returns { before or '', remaining, ID of the ledger's entry }, all strings,
-- or an error: UNKNOWNSKU (add to a missing key), BADSTOCK (add to what is not a whole number from 0 to 2^53-1),
-- RANGE (the outcome would leave 0 to 2^53-1), or the server's own, naming the key. Nothing is written then.
--
-- The ledger's entry: status stock, change set|add, reason, lines
-- [{"sku":"shoe","before":97,"quantity":3,"remaining":100}]; quantity is the change, negative if stock went down; before
-- and quantity are null if `set` found no usable number.

local server = redis
local call, attempt, format = server.call, server.pcall, string.format
local results, key = KEYS[1], KEYS[2]
local change, amount, head, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
-- include lib/failed.lua
-- include lib/whole.lua

-- Before the first write: both writes must be allowed, and so must undoing the first.
for _, right in ipairs({ { 'SET', key, '0' }, { 'XADD', results, '*', 'status', '' }, { 'XDEL', results, '0-1' } }) do
  if not server.acl_check_cmd(unpack(right)) then
    return failed({ err = 'NOPERM this user has no right to ' .. right[1] }, right[2])
  end
end

local have = attempt('GET', key)
local before = nil
if type(have) == 'string' then
  before = whole(have)
elseif type(have) == 'table' and not string.find(have.err, '^WRONGTYPE') then
  return failed(have, key)
end

local remaining
if change == 'set' then
  remaining = whole(amount)
elseif change == 'add' then
  if not have then return server.error_reply('UNKNOWNSKU key ' .. key .. ': there is no such stock; set it first') end
  if not before then return server.error_reply('BADSTOCK key ' .. key .. ': it does not hold a whole number from 0 to 2^53-1') end
  local negative = string.sub(amount, 1, 1) == '-'
  local n = whole(negative and string.sub(amount, 2) or amount)
  remaining = n and before + (negative and -n or n)
else
  return server.error_reply("ERR the change is 'set' or 'add'")
end
if not remaining or remaining < 0 or remaining > 9007199254740991 then
  return server.error_reply('RANGE key ' .. key .. ': the stock has to be a whole number from 0 to 2^53-1')
end

local after = format('%.0f', remaining)
local lines = '[' .. head .. '"before":' .. (before and format('%.0f', before) or 'null')
  .. ',"quantity":' .. (before and format('%.0f', remaining - before) or (have and 'null' or after))
  .. ',"remaining":' .. after .. '}]'
local entry = attempt('XADD', results, '*', 'status', 'stock', 'change', change, 'reason', reason, 'lines', lines)
if type(entry) == 'table' then return failed(entry, results) end
local kept = attempt('SET', key, after)
if kept.err then
  call('XDEL', results, entry)
  return failed(kept, key)
end
return { before and format('%.0f', before) or '', after, entry }
