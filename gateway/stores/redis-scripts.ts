/**
 * What Redis does in one step. Commands on a user's index of sessions are `pcall`ed: an index that cannot be written hides a session
 * from a list, and refuses no user.
 */

/**
 * KEYS session, index; ARGV value, milliseconds to live, what a tombstone begins with, session key, entry, milliseconds until the session
 * expires, now, entries kept. A new entry takes those out that have expired, and then the oldest of too many.
 */
export const putScript = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[3]) == ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if tonumber(ARGV[6]) <= 0 then return 1 end
local added = redis.pcall('HSET', KEYS[2], ARGV[4], ARGV[5])
if type(added) == 'table' then return 1 end
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[6]) then redis.pcall('PEXPIRE', KEYS[2], ARGV[6]) end
if added == 0 then return 1 end
local all = redis.pcall('HGETALL', KEYS[2])
if all.err then return 1 end
local alive = {}
for i = 1, #all, 2 do
  local issued, expires = string.match(all[i + 1], '^(%d+) (%d+)$')
  if issued and tonumber(expires) > tonumber(ARGV[7]) then
    alive[#alive + 1] = { all[i], tonumber(issued) }
  else
    redis.pcall('HDEL', KEYS[2], all[i])
  end
end
table.sort(alive, function(a, b) return a[2] > b[2] end)
for i = tonumber(ARGV[8]) + 1, #alive do redis.pcall('HDEL', KEYS[2], alive[i][1]) end
return 1`;

/** KEYS session, index or nothing; ARGV tombstone, milliseconds to live, channel, message, session key. */
export const endScript = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if KEYS[2] then redis.pcall('HDEL', KEYS[2], ARGV[5]) end
return redis.call('PUBLISH', ARGV[3], ARGV[4])`;

/**
 * KEYS mark; ARGV value, milliseconds to live, moment, channel, message. The later mark stays. The message is sent in
 * any case: a replica may have missed the first one.
 */
export const markScript = `
local held = redis.call('GET', KEYS[1])
local at = held and tonumber(string.match(held, '"notBefore":(%d+)'))
if not at or at < tonumber(ARGV[3]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('PUBLISH', ARGV[4], ARGV[5])`;
