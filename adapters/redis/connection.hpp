#pragma once
/// A connection to Redis or Valkey through hiredis, bounded in time. Threading: one thread at a time; any
/// thread.

#include <hiredis/hiredis.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/adapter.hpp"
#include "adapters/local_stream.hpp"
#include "adapters/redis/plan.hpp"

namespace dynascale::redis {

/// The lines "name:value" of INFO.
using Info = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] Info parse_info(std::string_view text);
/// A number of INFO; `fallback` when it is not there.
[[nodiscard]] std::int64_t number_of(const Info& info, std::string_view name, std::int64_t fallback = 0);
[[nodiscard]] std::string_view text_of(const Info& info, std::string_view name);

class Connection {
 public:
  /// Logs in and checks that process `pid` answers.
  /// Errors: `unavailable`, `permission_denied`, `refused` (another server answers), `timeout`.
  [[nodiscard]] static Result<Connection> open(const LocalAddress& address, const Options& options,
                                               std::int32_t pid, const CallLimits& limits);

  /// One command; its answer as text, the elements of an array one a line.
  /// Errors: `permission_denied`; `unsupported` (no such command, or renamed); `refused` with the server's
  /// words; `timeout` and `unavailable`, after which the connection is of no use.
  [[nodiscard]] Result<std::string> ask(std::initializer_list<std::string_view> words,
                                        const CallLimits& limits);
  [[nodiscard]] Result<Info> info(std::string_view section, const CallLimits& limits);

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  using Handle = std::unique_ptr<redisContext, Close>;
  explicit Connection(Handle handle) : handle_{std::move(handle)} {}
  Status log_in(const Options& options, const CallLimits& limits);
  Handle handle_;
};

}  // namespace dynascale::redis
