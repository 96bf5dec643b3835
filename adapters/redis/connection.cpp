#include "adapters/redis/connection.hpp"

#include <fmt/format.h>
#include <sys/time.h>

#include <cerrno>
#include <vector>

#include "adapters/local_access.hpp"
#include "runtime/files.hpp"
#include "runtime/private_file.hpp"
#include "runtime/text.hpp"

namespace dynascale::redis {
namespace {

using namespace std::chrono_literals;

timeval time_left(const CallLimits& limits) {
  const auto left =
      std::chrono::duration_cast<std::chrono::microseconds>(limits.deadline - limits.clock.now());
  const auto bounded = std::clamp<std::chrono::microseconds>(left, 10ms, 600s);
  return {.tv_sec = bounded.count() / 1'000'000, .tv_usec = bounded.count() % 1'000'000};
}

Errc code_of(std::string_view error) {
  for (const std::string_view start : {"NOPERM", "NOAUTH", "WRONGPASS"})
    if (error.starts_with(start)) return Errc::permission_denied;
  if (error.starts_with("ERR unknown command")) return Errc::unsupported;
  if (error.starts_with("LOADING") || error.starts_with("BUSY")) return Errc::unavailable;
  return Errc::refused;
}

tl::unexpected<Error> broken(const redisContext& context) {
  const bool late =
      context.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT);
  const bool denied = context.err == REDIS_ERR_IO && errno == EACCES;
  const auto code = late ? Errc::timeout : denied ? Errc::permission_denied : Errc::unavailable;
  return fail(code, fmt::format("no answer from Redis: {}", static_cast<const char*>(context.errstr)));
}

void append(std::string& text, const redisReply& reply) {
  if (reply.type == REDIS_REPLY_ARRAY) {
    for (std::size_t index = 0; index < reply.elements; ++index) {
      append(text, *reply.element[index]);
      text += '\n';
    }
  } else if (reply.type == REDIS_REPLY_INTEGER) {
    text += std::to_string(reply.integer);
  } else if (reply.str != nullptr) {
    text.append(reply.str, static_cast<std::size_t>(reply.len));
  }
}

}  // namespace

Info parse_info(std::string_view text) {
  Info info;
  while (!text.empty()) {
    auto line = text::trim(text::take_until(text, '\n'));
    if (line.empty() || line.front() == '#' || line.find(':') == std::string_view::npos) continue;
    const auto name = text::take_until(line, ':');
    info.emplace(name, line);
  }
  return info;
}

std::int64_t number_of(const Info& info, std::string_view name, std::int64_t fallback) {
  return text::number<std::int64_t>(text_of(info, name)).value_or(fallback);
}

std::string_view text_of(const Info& info, std::string_view name) {
  const auto found = info.find(name);
  return found == info.end() ? std::string_view{} : found->second;
}

Result<Connection> Connection::open(const LocalAddress& address, const Options& options, std::int32_t pid,
                                    const CallLimits& limits) {
  if (limits.expired()) return fail(Errc::timeout, "no time is left to connect to Redis");
  errno = 0;
  Handle handle{address.path.empty()
                    ? redisConnectWithTimeout(address.host.c_str(), address.port, time_left(limits))
                    : redisConnectUnixWithTimeout(address.path.c_str(), time_left(limits))};
  if (!handle) return fail(Errc::unavailable, "no memory for a connection to Redis");
  if (handle->err != 0) return broken(*handle);
  Connection connection{std::move(handle)};
  if (auto in = connection.log_in(options, limits); !in) return tl::unexpected(in.error());
  const auto server = connection.info("server", limits);
  if (!server) return tl::unexpected(server.error());
  const auto answering = number_of(*server, "process_id");
  if (answering == pid) return connection;
  return fail(Errc::refused,
              fmt::format("process {} answers at {}, not {}; name the right socket in the adapter's "
                          "settings",
                          answering, to_string(address), pid));
}

Status Connection::log_in(const Options& options, const CallLimits& limits) {
  if (options.password_file.empty()) return {};
  if (auto safe = check_private_file(options.password_file); !safe) return safe;
  const auto content = Files{}.read(options.password_file, Bytes::kib(4));
  if (!content) return tl::unexpected(content.error());
  const auto password = text::trim(*content);
  const auto answer =
      options.user.empty() ? ask({"AUTH", password}, limits) : ask({"AUTH", options.user, password}, limits);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

Result<std::string> Connection::ask(std::initializer_list<std::string_view> words, const CallLimits& limits) {
  if (limits.expired()) return fail(Errc::timeout, "no time is left to ask Redis");
  redisSetTimeout(handle_.get(), time_left(limits));
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const auto word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  errno = 0;
  struct Free {
    void operator()(void* reply) const { freeReplyObject(reply); }
  };
  const std::unique_ptr<void, Free> answer{
      redisCommandArgv(handle_.get(), static_cast<int>(texts.size()), texts.data(), sizes.data())};
  if (!answer) return broken(*handle_);
  const auto& reply = *static_cast<const redisReply*>(answer.get());
  std::string text;
  append(text, reply);
  if (reply.type != REDIS_REPLY_ERROR) return text;
  return fail(code_of(text), fmt::format("Redis refuses {}: {}", *words.begin(), text));
}

Result<Info> Connection::info(std::string_view section, const CallLimits& limits) {
  const auto text = ask({"INFO", section}, limits);
  if (!text) return tl::unexpected(text.error());
  return parse_info(*text);
}

}  // namespace dynascale::redis
