// Makes hiredis put all parts of a reply into a few blocks of memory instead of one or two allocations for each value:
// most of what a large reply costs is in those.
#pragma once

struct redisReader;
struct redisReply;

namespace orderd::valkey {

// For a reader that has not read anything yet. Its replies are freed by hiredis itself, as those of an asynchronous
// context, or with free_pooled_reply(); never with freeReplyObject(), which a blocking context's own push callback
// calls.
void use_reply_pool(redisReader& reader);
// `reply`: a whole reply, or null.
void free_pooled_reply(redisReply* reply);

}  // namespace orderd::valkey
