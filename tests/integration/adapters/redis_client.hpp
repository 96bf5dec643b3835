#pragma once

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <vector>

namespace dynascale::testing {

/// A client of its own: what it sees does not come from the adapter.
class RedisClient {
 public:
  explicit RedisClient(const std::string& socket) : context_{redisConnectUnix(socket.c_str()), &redisFree} {}
  /// The answer as text; what went wrong as "error: …".
  std::string ask(const std::vector<std::string>& words) {
    if (!context_ || context_->err != 0) return "error: not connected";
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    const std::unique_ptr<void, decltype(&freeReplyObject)> answer{
        redisCommandArgv(context_.get(), static_cast<int>(texts.size()), texts.data(), sizes.data()),
        &freeReplyObject};
    if (!answer) return std::string{"error: "} + static_cast<const char*>(context_->errstr);
    const auto& reply = *static_cast<const redisReply*>(answer.get());
    if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
    if (reply.type == REDIS_REPLY_ARRAY) return reply.elements < 2 ? "" : text_of(*reply.element[1]);
    return reply.type == REDIS_REPLY_ERROR ? "error: " + text_of(reply) : text_of(reply);
  }

 private:
  static std::string text_of(const redisReply& reply) {
    return reply.str == nullptr ? "" : std::string(reply.str, static_cast<std::size_t>(reply.len));
  }
  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace dynascale::testing
