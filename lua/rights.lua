#!lua flags=no-writes
-- rights.lua: which of the given commands this user may not run. It runs none of them.
--
-- ARGV  for each command: its number of words, and the words. Each must be complete, with its key: the rights of a command
--       depend on the keys that it names.
--
-- Returns the numbers of the denied ones, from 1. A command that the server does not have counts as denied.

local denied, number, at = {}, 0, 1
while ARGV[at] do
  local words = tonumber(ARGV[at])
  number = number + 1
  local known, allowed = pcall(redis.acl_check_cmd, unpack(ARGV, at + 1, at + words))
  if not known or not allowed then denied[#denied + 1] = number end
  at = at + 1 + words
end
return denied
