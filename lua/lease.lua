#!lua flags=allow-oom
-- lease.lua: takes, renews or releases the lease of an orders stream, which decides the active daemon. The lease is an
-- optimization: it keeps daemons from competing. Safety comes from the position (settle.lua).
--
-- KEYS  1 the owner's key   2 sorted set of the standbys: name, time last seen   3 position
-- ARGV  1 name of the daemon   2 its token, hexadecimal, new for each process   3 lease in ms
--       4 'fresh' never active since its start   'active'   'standby'   'release'
--       5 'release': the daemon that shall be active next, '' for any; else 'share', or '' without the list of standbys
--
-- Returns { 'active', since when, the current time, both in ms, and with 'share' the names of the standbys }
--         | { 'standby' or 'namesake', the owner's name, ms until its lease ends, the position when the owner took the
--           lane, as "<id> <count>", '' if unknown }
--         | { 'released' }, or an error that names the key.
-- The owner's key holds "<name> <token> <since, ms> <lease, ms>". For a second after a release it may hold the name of the
-- next daemon with the token 0, which only that daemon can take. A daemon that finds its own name right after its start was
-- restarted, and takes the lease. One that finds its name with another token later has a namesake, and waits like any
-- other. Allowed when out of memory (allow-oom): it writes next to nothing, and losing the lease would help nothing.

local server = redis
local attempt = server.pcall
local owner, standby, position = KEYS[1], KEYS[2], KEYS[3]
local name, token, lease, state, extra = unpack(ARGV)
-- include lib/failed.lua

local time = server.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = attempt('GET', owner)
if type(stored) == 'table' then return failed(stored, owner) end
local holder, holder_token, since, holder_lease = nil, nil, nil, nil
if stored then
  holder, holder_token, since, holder_lease = string.match(stored, '^(.*) (%x+) (%d+) (%d+)$')
  holder = holder or stored -- written by hand
end
local mine = holder == name and holder_token == token

if state == 'release' then
  local freed = nil
  if mine and extra ~= '' then
    freed = attempt('SET', owner, extra .. ' 0 ' .. string.format('%.0f', now) .. ' 1000', 'PX', '1000')
  elseif mine then
    freed = attempt('DEL', owner)
  end
  local removed = attempt('ZREM', standby, name)
  if type(freed) == 'table' and freed.err then return failed(freed, owner) end
  if type(removed) == 'table' then return failed(removed, standby) end
  return { 'released' }
end

if not stored or mine or (holder == name and (state == 'fresh' or holder_token == '0')) then
  if not mine then since = string.format('%.0f', now) end
  local set = attempt('SET', owner, name .. ' ' .. token .. ' ' .. since .. ' ' .. lease, 'PX', lease)
  if set.err then return failed(set, owner) end
  if not mine then
    local removed = attempt('ZREM', standby, name)
    if type(removed) == 'table' then return failed(removed, standby) end
    -- For the previously active daemon, to learn whether a failover lost what it had settled. Optional: no error.
    local at = attempt('HMGET', position, 'id', 'count')
    if at[1] and at[2] then attempt('HSET', position, 'taken', token .. ' ' .. at[1] .. ' ' .. at[2]) end
  end
  local answer = { 'active', since, string.format('%.0f', now) }
  if extra == 'share' then
    -- Each standby is recorded once in a third of the lease.
    local names = attempt('ZRANGE', standby, string.format('%.0f', now - lease / 2), '+inf', 'BYSCORE')
    if names.err then return failed(names, standby) end
    for _, each in ipairs(names) do answer[#answer + 1] = each end
  end
  return answer
end

local left = attempt('PTTL', owner)
local longest = left ~= -1 and tonumber(holder_lease) or tonumber(lease)
if left == -1 or (holder_lease and type(left) == 'number' and left > longest) then
  -- Written by hand, without an expiry; or the server's clock has jumped back since then: it expires like any other.
  left = attempt('PEXPIRE', owner, longest)
  if left == 1 then left = longest end
end
if type(left) == 'table' then return failed(left, owner) end
if holder ~= name then
  local seen = attempt('ZSCORE', standby, name)
  if type(seen) == 'table' then return failed(seen, standby) end
  if not seen or now - tonumber(seen) > lease / 3 or tonumber(seen) > now then
    local written = {
      attempt('ZADD', standby, string.format('%.0f', now), name),
      attempt('ZREMRANGEBYSCORE', standby, '-inf', string.format('%.0f', now - 10 * lease)),
    }
    for _, reply in ipairs(written) do
      if type(reply) == 'table' then return failed(reply, standby) end
    end
  end
end
local taken = attempt('HGET', position, 'taken')
taken = type(taken) == 'string' and string.match(taken, '^(%x+) (.*)$') == holder_token and string.match(taken, ' (.*)$')
return { holder == name and 'namesake' or 'standby', holder, string.format('%.0f', left), taken or '' }
