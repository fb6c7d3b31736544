-- The server's error with the key it is about: "NOPERM key orders:dead: …".
local function failed(reply, of)
  local word, text = string.match(reply.err, '^(%S+) ?(.*)$')
  -- Inside a script the server reports a missing right as ERR.
  if string.find(text, '^ACL failure') or string.find(text, '^The user executing the script') then word = 'NOPERM' end
  return server.error_reply(word .. ' key ' .. of .. ': ' .. text)
end
