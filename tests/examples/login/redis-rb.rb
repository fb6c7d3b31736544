# frozen_string_literal: true

# Logs in and sends one command: ruby redis-rb.rb WORD...
require 'redis'

client = Redis.new(
  port: ENV.fetch('VALKEY_PORT').to_i,
  username: ENV.fetch('VALKEY_USER'),
  password: ENV.fetch('VALKEY_PASSWORD'),
  id: 'login' # sent at login, too
)
p client.call(ARGV)
