#!/usr/bin/env ruby
# frozen_string_literal: true

# Pushes an order and waits for its result: ruby order.rb ID SKU QUANTITY
require 'json'
require 'redis'

if ARGV.size != 3
  warn 'usage: ruby order.rb ID SKU QUANTITY'
  exit 64
end
ID, SKU, QUANTITY = ARGV
TRIES = 3
TIMEOUT = 5 # seconds

server = if ENV['VALKEY_SOCKET']
           { path: ENV['VALKEY_SOCKET'] }
         else
           { host: ENV.fetch('VALKEY_HOST', '127.0.0.1'), port: ENV.fetch('VALKEY_PORT', '6379').to_i }
         end
CLIENT = Redis.new(
  **server,
  username: ENV['VALKEY_USER'],
  password: ENV['VALKEY_PASSWORD'],
  connect_timeout: 2,
  read_timeout: 5, # redis-rb adds it to BLPOP's timeout; other clients need a read timeout that exceeds BLPOP's
  reconnect_attempts: 0 # the loop below retries; redis-rb would resend a BLPOP after a lost connection
)

def ask
  # The quantity of a form is a string, and a quantity of "1" or 1.0 is malformed. So is 0, the value of a non-integer.
  order = { id: ID, sku: SKU, quantity: Integer(QUANTITY, 10, exception: false) || 0, reply_to: ID }
  request = CLIENT.xadd('orders', { order: JSON.generate(order) })
  loop do
    _, reply = CLIENT.blpop("orders:reply:#{ID}", timeout: TIMEOUT)
    raise Redis::TimeoutError, "no result within #{TIMEOUT} s" if reply.nil?

    result = JSON.parse(reply)
    return result if result['request'] == request # else: a late result of an earlier try
  end
end

# After a timeout or a lost connection the outcome is unknown. With the same ID a retry cannot order twice.
result = nil
(1..TRIES).each do |n|
  result = ask
  break
rescue Redis::BaseError => e
  warn "try #{n} of #{TRIES}: #{e.message}"
  sleep 0.2
end

if result.nil?
  puts "#{ID}: unknown; retry with the same ID"
  exit 2
end
# A duplicate carries the original decision: the one that counts.
duplicate = result['status'] == 'duplicate'
decision = duplicate ? result['outcome'] : result['status']
words = [decision + (duplicate ? ' (duplicate)' : ''), result['reason'], result['detail']]
puts "#{ID}: #{words.compact.join(': ')}"
exit(decision == 'accepted' ? 0 : 1)
