// Makes hiredis allocate a reply in a few blocks, instead of one or two allocations for each value, which are most of
// the cost of a large reply.
#pragma once

struct redisReader;
struct redisReply;

namespace orderd::valkey {

// For a reader that has not read anything yet. Its replies are freed by hiredis (asynchronous contexts) or with
// free_pooled_reply(); never with freeReplyObject(), which the default push callback of a blocking context calls.
void use_reply_pool(redisReader& reader);
// `reply`: a top-level reply, or null.
void free_pooled_reply(redisReply* reply);

}  // namespace orderd::valkey
