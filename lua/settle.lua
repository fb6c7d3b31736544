#!lua
-- settle.lua: decides consecutive requests in order, and moves the position past them, in one atomic step.
--
-- KEYS  1 position   2 results stream   3 dead-letter stream   4.. the record of each well-formed request, in order
--       then each stock key once   then the list of replies of each request that asks for one
-- ARGV  1 previous: if the position is not this ID, nothing is done   2 dedup window in ms, '0': keep no records
--       3 number of requests, 1 to 128   4 number of records   5 number of lists of replies; then of each request, in order
--       well-formed:  number of lines   request (the entry's ID)   order ID   digest of its content, 16 bytes
--                     customer, '' for none
--                     and of each line, no SKU twice:  which stock key, from '1'   quantity
--                       head of its JSON: '{"sku":"shoe","quantity":3,'
--       of another lane:  'w'   request, order ID, digest and customer as above   detail, one sentence
--       malformed:    '0'   request   order ID, '' if unreadable   customer, '' for none   detail, one sentence
--                     number of words that follow, 7,000 at most   the entry's raw names and values, for the dead letter
--       then, if there are lists of replies:  their time to live in ms   of each list: which request, from '1'
--
-- Returns one letter for each request, in order:
--   a accepted   s insufficient_stock   u unknown_sku   k bad_stock   r bad_record   i id_reused   d duplicate   m malformed
--   w wrong_lane
-- then, if a reply could not be pushed, ' ' and the first error; or 'moved': the position is not
-- `previous`, or the lane is paused (pause.lua); or an error that names the key. In these two cases nothing was written.
--
-- The position guarantees that each request is settled once, in order, whoever calls and however often. It changes only
-- here (and in join.lua, if it was lost), together with the results. A call that arrives late, or twice, or after a refused
-- one, finds another position and does nothing.
--
-- Lua has no rollback. '#!lua' makes the server refuse the whole call when it is out of memory or read-only. If a step is
-- refused later (a key of another type, a missing right), this script undoes what it has written; that the undo is allowed
-- is checked before the first write.
--
-- Speed: all records and all stock are read with one call; stock is counted in a table and written once per SKU; small
-- numbers and digits are looked up in tables. Functions are defined only on error paths: defining one costs the server as
-- much as a GET.

local server = redis
local attempt, keys, args, type, format = server.pcall, KEYS, ARGV, type, string.format
local position, results, dead = keys[1], keys[2], keys[3]
local window, count, record_count, asked = args[2], tonumber(args[3]), tonumber(args[4]), tonumber(args[5])

local trouble, troubled = nil, nil -- an error reply, and the key it is about
local refused = nil                -- or several keys: what was refused for one of them, the first and the last one's place
local at = attempt('HMGET', position, 'id', 'count', 'paused')
if at[1] ~= args[1] or at[3] then
  if not at.err then return 'moved' end
  trouble, troubled = at, position
end

local stock = 3 + record_count           -- stock key s is keys[stock + s]
local reply_keys = #keys - asked        -- the list of reply a is keys[reply_keys + a]
local remember = record_count > 0 and window ~= '0'
local skipped = remember and 3 or stock -- the value of key k is have[k - skipped]
local have = nil
if not trouble and reply_keys > skipped then
  have = attempt('MGET', unpack(keys, skipped + 1, reply_keys))
  if have.err then trouble, refused = have, { 'MGET', skipped + 1, reply_keys } end
end

-- The remaining stock by key; false if the key holds something that is not a stock.
local left = {}
for s = 1, trouble and 0 or reply_keys - stock do
  local text = have[stock + s - skipped]
  if text then
    local n = #text <= 16 and (text == '0' or string.find(text, '^[1-9]%d*$')) and tonumber(text)
    left[s] = n and n <= 9007199254740991 and n or false -- 2^53-1: a Lua number is a double
  end
end

if not trouble then
  -- A refused step writes nothing; but whatever undoes a step must be allowed for all its keys. DECRBY undoes itself; XDEL
  -- and DEL are checked here.
  local may = server.acl_check_cmd
  local missing = nil
  if not may('XADD', results, '*', 'order', '') then missing, troubled = 'XADD', results
  elseif not may('XDEL', results, '0-1') then missing, troubled = 'XDEL', results
  elseif not may('HSET', position, 'id', '') then missing, troubled = 'HSET', position
  elseif remember and not may('SET', keys[4], '') then missing, troubled = 'SET', keys[4]
  elseif remember and not may('DEL', unpack(keys, 4, stock)) then missing, refused = 'DEL', { 'DEL', 4, stock }
  elseif reply_keys > stock and not may('DECRBY', keys[stock + 1], '1') then missing, troubled = 'DECRBY', keys[stock + 1]
  elseif record_count < count and not may('XADD', dead, '*', 'order', '') then missing, troubled = 'XADD', dead
  elseif record_count < count and not may('XDEL', dead, '0-1') then missing, troubled = 'XDEL', dead
  end
  if missing then trouble = { err = 'NOPERM this user has no right to ' .. missing } end
end

-- When records expire. For each record an absolute time costs the server less than a duration, which it rewrites as a time
-- for its replicas. For a few orders, getting the time costs more. An invalid window is left to SET, which refuses it.
local unit, expiry = 'PX', window
if not trouble and count > 4 and #window <= 15 and string.find(window, '^[1-9]%d*$') then
  local now = attempt('TIME')
  if not now.err then unit, expiry = 'PXAT', format('%.0f', now[1] * 1000 + (now[2] - now[2] % 1000) / 1000 + window) end
end

-- A table lookup costs a tenth of tonumber() or format(): small numbers by text, digits by number, and of each stock the
-- text without its last digit. For a few orders, making the tables costs more.
local small, digits, tens, tens_text = { w = 0 }, nil, nil, nil
if count > 4 then
  small = { w = 0, ['1'] = 1, ['2'] = 2, ['3'] = 3, ['4'] = 4 }
  digits = { [0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' }
  tens, tens_text = {}, {}
end

local outcomes = {}
local ids, letters, kept = {}, {}, {} -- what was written: results, dead letters, records
local decided = {}                    -- the record of each order decided in this call, by its ID
local i, r = 6, 0                     -- the next argument, the last record
local result, last = nil, nil         -- the newest result, the request that it answers
local over = #args + 1 - (asked > 0 and asked + 1 or 0)
local mismatch = 'ERR the arguments do not match their counts'
local said = asked > 0 and {} or nil -- if replies are requested: the fields of each result
for n = 1, trouble and 0 or count do
  local kind, request, order = args[i], args[i + 1], args[i + 2]
  local outcome, fields = nil, nil
  last = request
  if kind == '0' then
    local customer, detail, words = args[i + 3], args[i + 4], tonumber(args[i + 5] or '') or over
    local raw = i + 6
    i = raw + words
    if i > over or words > 7000 then trouble, troubled = { err = mismatch }, position break end -- unpack() fails near 8,000
    fields = { 'order', order, 'request', request, 'status', 'rejected', 'reason', 'malformed', 'detail', detail }
    if customer ~= '' then fields[9], fields[10], fields[11], fields[12] = 'customer', customer, 'detail', detail end
    result = attempt('XADD', results, '*', unpack(fields))
    if result.err then trouble, troubled = result, results break end
    ids[n] = result
    local letter = attempt('XADD', dead, '*', 'request', request, 'result', result, 'detail', detail,
      unpack(args, raw, i - 1))
    if letter.err then trouble, troubled = letter, dead break end
    letters[#letters + 1] = letter
    outcome = 'm'
  else
    r = r + 1
    local lines, digest, customer = small[kind] or tonumber(kind or '') or over, args[i + 3], args[i + 4]
    local first = i + 5
    i = lines > 0 and first + 3 * lines or first + 1 -- of another lane: one detail
    if i > over then trouble, troubled = { err = mismatch }, position break end
    local known = decided[order] or remember and have[r]
    if not known and lines == 0 then
      -- No record: the order is decided in its own lane.
      outcome = 'w'
      fields = { 'order', order, 'request', request, 'status', 'rejected', 'reason', 'wrong_lane', 'detail', args[first] }
      if customer ~= '' then fields[9], fields[10], fields[11], fields[12] = 'customer', customer, 'detail', args[first] end
      result = attempt('XADD', results, '*', unpack(fields))
      if result.err then trouble, troubled = result, results break end
      ids[n] = result
    elseif not known then
      -- Takes line by line; if one cannot be met, the lines before it are returned.
      local text, met, parts = '[', 0, nil -- parts: of a long text, which would be copied for each line
      for j = first, i - 3, 3 do
        local s = small[args[j]] or tonumber(args[j])
        local there = left[s]
        local rest = there and there - (small[args[j + 1]] or args[j + 1]) or -1
        if rest < 0 or rest >= there then break end
        left[s] = rest
        met = met + 1
        local number, digit
        if digits then
          local ones = rest % 10
          if tens[s] ~= rest - ones then
            tens[s] = rest - ones
            tens_text[s] = rest < 10 and '' or format('%d', tens[s] / 10)
          end
          number, digit = tens_text[s], digits[ones]
        else
          number, digit = format('%d', rest), ''
        end
        text = text .. args[j + 2] .. '"remaining":' .. number .. digit .. (met == lines and '}]' or '},')
        if #text > 1000 then
          parts = parts or {}
          parts[#parts + 1], text = text, ''
        end
      end
      if met == lines then
        outcome = 'a'
        if parts then text = table.concat(parts) .. text end
        if customer == '' and not said then -- without a table
          result = attempt('XADD', results, '*', 'order', order, 'request', request, 'status', 'accepted', 'lines', text)
        else
          fields = { 'order', order, 'request', request, 'status', 'accepted', 'lines', text }
          if customer ~= '' then fields[9], fields[10] = 'customer', customer end
          result = attempt('XADD', results, '*', unpack(fields))
        end
      else
        for j = first, first + 3 * met - 3, 3 do left[args[j] + 0] = left[args[j] + 0] + args[j + 1] end
        -- The first line that cannot be met gives the reason; all lines show what is available.
        local reason, list = nil, {}
        for j = first, i - 3, 3 do
          local s, why = tonumber(args[j]), nil
          local there = left[s]
          if there == false then
            there, why = 'null', 'bad_stock'
          elseif not there then
            there, why = 'null', 'unknown_sku'
            -- MGET returns nil for a key of another type too.
            local exists = attempt('EXISTS', keys[stock + s])
            if type(exists) == 'table' then trouble, troubled = exists, keys[stock + s] break end
            if exists == 1 then why = 'bad_stock' end
          else
            if there - args[j + 1] < 0 then why = 'insufficient_stock' end
            there = format('%d', there)
          end
          reason = reason or why
          list[#list + 1] = args[j + 2] .. '"available":' .. there .. '}'
        end
        if not trouble and not reason then
          trouble = { err = 'ERR a quantity is not a whole number of at least 1, or two lines are of one SKU' }
          troubled = keys[stock + args[first]]
        end
        if trouble then break end
        outcome = reason == 'insufficient_stock' and 's' or reason == 'unknown_sku' and 'u' or 'k'
        list = '[' .. table.concat(list, ',') .. ']'
        fields = { 'order', order, 'request', request, 'status', 'rejected', 'reason', reason, 'lines', list }
        if customer ~= '' then fields[11], fields[12] = 'customer', customer end
        result = attempt('XADD', results, '*', unpack(fields))
      end
      if result.err then trouble, troubled = result, results break end
      ids[n] = result
      if remember then
        local record = digest .. (outcome == 'a' and 'a' or 'r') .. result
        -- GET: nil is a cheaper reply than OK.
        local set = attempt('SET', keys[3 + r], record, 'NX', 'GET', unit, expiry)
        if not set then
          kept[#kept + 1] = keys[3 + r]
          if n < count then decided[order] = record end
        elseif set.err and string.sub(set.err, 1, 9) ~= 'WRONGTYPE' then
          trouble, troubled = set, keys[3 + r]
          break
        else
          -- The key is of another type: MGET returned nil for it. Decide the order as known.
          local removed = attempt('XDEL', results, result)
          if type(removed) == 'table' then trouble, troubled = removed, results break end
          if outcome == 'a' then
            for j = first, i - 3, 3 do left[args[j] + 0] = left[args[j] + 0] + args[j + 1] end
          end
          ids[n], outcome, known = nil, nil, 'foreign'
        end
      end
    end
    if known then
      -- Decided before, or its record's key holds a foreign value.
      -- A record of the first edition also has the request.
      local before, verdict, original =
        string.match(known, '^(%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x)([ar])(%d+%-%d+) ?[%d-]*$')
      fields = { 'order', order, 'request', request, 'status' }
      if not before then
        outcome = 'r'
        fields[6], fields[7], fields[8] = 'rejected', 'reason', 'bad_record'
      elseif before ~= digest then
        outcome = 'i'
        fields[6], fields[7], fields[8] = 'rejected', 'reason', 'id_reused'
      else
        outcome = 'd'
        fields[6], fields[7], fields[8] = 'duplicate', 'outcome', verdict == 'a' and 'accepted' or 'rejected'
        fields[9], fields[10] = 'original', original
      end
      if customer ~= '' then
        fields[#fields + 1] = 'customer'
        fields[#fields + 1] = customer
      end
      if not before then
        fields[#fields + 1] = 'detail'
        fields[#fields + 1] = 'the key ' .. keys[3 + r] .. ' does not hold the record of an order'
      end
      result = attempt('XADD', results, '*', unpack(fields))
      if result.err then trouble, troubled = result, results break end
      ids[n] = result
    end
  end
  outcomes[n] = outcome
  if said then said[n] = fields end
end

local changed = 0 -- the stock keys up to this one were written, as far as they had to be
if not trouble then
  if i ~= over then trouble, troubled = { err = mismatch }, position end
  for s = 1, trouble and 0 or reply_keys - stock do
    local amount = left[s] and have[stock + s - skipped] - left[s] or 0
    if amount > 0 then
      local reply = attempt('DECRBY', keys[stock + s], amount)
      if type(reply) ~= 'number' then trouble, troubled = reply, keys[stock + s] break end
    end
    changed = s
  end
end
if not trouble then
  local set = attempt('HSET', position, 'id', last, 'count', (tonumber(at[2]) or 0) + count, 'result', result)
  if type(set) ~= 'number' then
    trouble, troubled = set, position
  elseif asked == 0 then
    return table.concat(outcomes)
  end
end
local unsent, unsent_list = nil, nil -- the first reply that could not be pushed
if not trouble then
  -- Replies: each result is also pushed, as JSON, to the list that its request names. The requests are settled, whatever is
  -- refused from here on.
  local ttl, lasting = args[over], {}
  for a = 1, asked do
    local list, n, problem = keys[reply_keys + a], tonumber(args[over + a]), nil
    if not lasting[list] and not server.acl_check_cmd('PEXPIRE', list, ttl) then
      problem = { err = 'NOPERM this user has no right to PEXPIRE' } -- the list would stay forever
    else
      local text, fields = '{"result":"' .. ids[n] .. '"', said[n]
      for f = 1, #fields, 2 do
        local name, value = fields[f], fields[f + 1]
        if name == 'lines' then
          text = text .. ',"lines":' .. value
        elseif name == 'order' or name == 'customer' or name == 'detail' then -- the rest needs no escaping
          text = text .. ',"' .. name .. '":' .. cjson.encode(value)
        else
          text = text .. ',"' .. name .. '":"' .. value .. '"'
        end
      end
      local length = attempt('RPUSH', list, text .. '}')
      if type(length) == 'table' then
        problem = length
      elseif not lasting[list] then
        attempt('PEXPIRE', list, ttl)
        lasting[list] = true
      end
    end
    if problem and not unsent then unsent, unsent_list = problem, list end
  end
  if not unsent then return table.concat(outcomes) end
end
-- include lib/failed.lua
if unsent then return table.concat(outcomes) .. ' ' .. failed(unsent, unsent_list).err end

-- Undo, and return which key is the problem.
local call = server.call
if #kept > 0 then call('DEL', unpack(kept)) end
for _, id in pairs(ids) do call('XDEL', results, id) end
for _, id in ipairs(letters) do call('XDEL', dead, id) end
for s = 1, changed do
  local amount = left[s] and have[stock + s - skipped] - left[s] or 0
  if amount > 0 then call('DECRBY', keys[stock + s], -amount) end
end
if refused then
  troubled = keys[refused[2]]
  for at_fault = refused[3], refused[2], -1 do
    if not server.acl_check_cmd(refused[1], keys[at_fault]) then troubled = keys[at_fault] end
  end
end
return failed(trouble, troubled or position)
