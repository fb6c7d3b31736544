#!lua
-- letter.lua: removes a dead letter from its stream. The same step records in the results stream that it was requeued
-- (pushed as a new request) or discarded.
--
-- KEYS  1 dead-letter stream   2 results stream   3 orders stream
-- ARGV  1 'requeue' or 'discard'   2 the letter's ID   3 why, free text   4 names of the fields that were corrected, or ''
--       5.. names and values of the new request, of 'requeue' only
--
-- Returns { the new request's ID or '', ID of the entry in the results stream }, both strings,
-- or an error: GONE (no such letter), FOREIGN (an entry that settle.lua did not write), or the server's own, naming the
-- key. Nothing is written then.
--
-- The entry in the results stream: status letter, change requeue|discard, letter, result (of the malformed request),
-- reason; of 'requeue' also pushed (the new request's ID) and, where fields were corrected, corrected (their names).
--
-- Lua has no rollback, and undoing a push would require the right to delete requests. So everything that could refuse the
-- second and the third step (a right, a key of another type, a stream without IDs left) is checked before the first one.

local server = redis
local attempt = server.pcall
local dead, results, orders = KEYS[1], KEYS[2], KEYS[3]
local change, letter, reason, corrected = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local kLastId = '18446744073709551615-18446744073709551615'
-- include lib/failed.lua
-- include lib/fields.lua

if change ~= 'requeue' and change ~= 'discard' then return server.error_reply("ERR the change is 'requeue' or 'discard'") end
local requeue = change == 'requeue'
for _, right in ipairs({ { 'XADD', results, '*', 'status', '' }, { 'XDEL', dead, letter },
  requeue and { 'XADD', orders, '*', 'order', '' } or nil }) do
  if not server.acl_check_cmd(unpack(right)) then
    return failed({ err = 'NOPERM this user has no right to ' .. right[1] }, right[2])
  end
end

local found = attempt('XRANGE', dead, letter, letter)
if found.err then return failed(found, dead) end
if #found == 0 then return server.error_reply('GONE key ' .. dead .. ': there is no entry ' .. letter) end
local stored = found[1][2]
if stored[1] ~= 'request' or stored[3] ~= 'result' or stored[5] ~= 'detail' then
  return server.error_reply('FOREIGN key ' .. dead .. ': the entry ' .. letter .. ' is not a dead letter of orderd')
end
local ledger = attempt('XINFO', 'STREAM', results)
if ledger.err and not string.find(ledger.err, 'no such key', 1, true) then return failed(ledger, results) end
if not ledger.err and fields(ledger)['last-generated-id'] == kLastId then
  return server.error_reply('ERR key ' .. results .. ': the stream has used up its last ID')
end

local entry = { 'status', 'letter', 'change', change, 'letter', letter, 'result', stored[4], 'reason', reason }
local pushed = ''
if requeue then
  pushed = attempt('XADD', orders, '*', unpack(ARGV, 5))
  if type(pushed) == 'table' then return failed(pushed, orders) end
  entry[11], entry[12] = 'pushed', pushed
  if corrected ~= '' then entry[13], entry[14] = 'corrected', corrected end
end
local written = server.call('XADD', results, '*', unpack(entry))
server.call('XDEL', dead, letter)
return { pushed, written }
