#!lua flags=allow-oom
-- pause.lua: pauses and resumes a lane. Once 'pause' has returned, no daemon settles anything (settle.lua); requests wait
-- in their stream. Allowed when out of memory (allow-oom): it writes next to nothing.
--
-- KEYS  1 position (see join.lua)
-- ARGV  1 'pause' or 'resume'   2 why, free text
--
-- Returns { 'paused' | 'resumed' | 'already' nothing was changed, since when it is or was paused in ms or '', why,
--           the last settled request or '' }, or an error that names the key.

local server = redis
local attempt = server.pcall
local position, wanted, why = KEYS[1], ARGV[1], ARGV[2]
-- include lib/failed.lua

local stored = attempt('HMGET', position, 'id', 'paused')
if stored.err then return failed(stored, position) end
local time = server.call('TIME')
local paused = stored[2]
local done = 'already'
if wanted == 'pause' and not paused then
  done, paused = 'paused', string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)) .. ' ' .. why
  local set = attempt('HSET', position, 'paused', paused)
  if type(set) == 'table' then return failed(set, position) end
elseif wanted == 'resume' and paused then
  done = 'resumed'
  local removed = attempt('HDEL', position, 'paused')
  if type(removed) == 'table' then return failed(removed, position) end
end
local since, reason = string.match(paused or '', '^(%d+) (.*)$')
return { done, since or '', reason or paused or '', stored[1] or '' }
