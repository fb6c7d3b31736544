-- Whether this text is a stream ID in the server's format: two 64-bit numbers without leading zeros.
local function is_id(text)
  local ms, sequence = string.match(text or '', '^(%d+)%-(%d+)$')
  if not ms then return false end
  for _, half in ipairs({ ms, sequence }) do
    if #half > 1 and string.sub(half, 1, 1) == '0' then return false end
    if #half > 20 or #half == 20 and half > '18446744073709551615' then return false end
  end
  return true
end
