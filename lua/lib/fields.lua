-- A flat list of names and values as a table. The last value of a repeated name wins.
local function fields(list)
  local named = {}
  for i = 1, #list, 2 do named[list[i]] = list[i + 1] end
  return named
end
