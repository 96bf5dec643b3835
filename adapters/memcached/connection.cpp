#include "adapters/memcached/connection.hpp"

#include <fmt/format.h>

namespace dynascale::memcached {
namespace {

constexpr int max_lines = 20'000;  // 63 classes with some twenty figures each stay far below.

bool is_error(std::string_view line) {
  return line == "ERROR" || line.starts_with("CLIENT_ERROR") || line.starts_with("SERVER_ERROR");
}

}  // namespace

Result<Connection> Connection::open(const LocalAddress& address, std::int32_t pid, const CallLimits& limits) {
  auto stream = LocalStream::open(address, limits);
  if (!stream) return tl::unexpected(stream.error());
  Connection connection{std::move(*stream)};
  const auto stats = connection.stats("", limits);
  if (!stats) return tl::unexpected(stats.error());
  const auto answering = number_of(*stats, "pid");
  if (answering == pid) return connection;
  return fail(Errc::refused,
              fmt::format("process {} answers at {}, not {}; name the right socket in the adapter's "
                          "settings",
                          answering, to_string(address), pid));
}

Result<Stats> Connection::stats(std::string_view what, const CallLimits& limits) {
  if (auto sent = stream_.send(fmt::format("stats{}{}\r\n", what.empty() ? "" : " ", what), limits); !sent)
    return tl::unexpected(sent.error());
  Stats stats;
  for (int count = 0; count < max_lines; ++count) {
    const auto line = stream_.line(limits);
    if (!line) return tl::unexpected(line.error());
    if (*line == "END") return stats;
    if (is_error(*line))
      return fail(Errc::refused, fmt::format("memcached refuses 'stats {}': {}", what, *line));
    if (!add_stat(stats, *line))
      return fail(Errc::corrupt,
                  fmt::format("memcached answers 'stats {}' with '{}'", what, line->substr(0, 80)));
  }
  return fail(Errc::limit_exceeded, "memcached's statistics do not end");
}

Result<std::string> Connection::ask(std::string_view command, const CallLimits& limits) {
  if (auto sent = stream_.send(fmt::format("{}\r\n", command), limits); !sent)
    return tl::unexpected(sent.error());
  return stream_.line(limits);
}

}  // namespace dynascale::memcached
