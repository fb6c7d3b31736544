-- Is this text a stream ID as the server writes it: two numbers of 64 bits without leading zeros?
local function is_id(text)
  local ms, sequence = string.match(text or '', '^(%d+)%-(%d+)$')
  if not ms then return false end
  for _, half in ipairs({ ms, sequence }) do
    if #half > 1 and string.sub(half, 1, 1) == '0' then return false end
    if #half > 20 or #half == 20 and half > '18446744073709551615' then return false end
  end
  return true
end
