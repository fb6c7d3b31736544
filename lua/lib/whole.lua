-- The number in a text of decimal digits, 0 to 2^53-1; nil for any other text.
local function whole(text)
  if text ~= '0' and not string.find(text, '^[1-9]%d*$') then return nil end
  local n = #text <= 16 and tonumber(text) or nil
  return n and n <= 9007199254740991 and n or nil
end
