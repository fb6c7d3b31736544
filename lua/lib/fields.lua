-- A flat list of names and values as a table. Of a name that is there twice, the last one counts.
local function fields(list)
  local named = {}
  for i = 1, #list, 2 do named[list[i]] = list[i + 1] end
  return named
end
