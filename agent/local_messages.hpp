#pragma once
/// What applications and the agent say to each other on the agent's socket; docs/agent-socket.md describes it for
/// people. One JSON object a line, at most `max_local_line` bytes. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/model/result.hpp"
#include "core/model/units.hpp"

namespace dynascale::agent {

inline constexpr std::size_t max_local_line = 16 * 1024;

/// An application says who it is and what it can follow.
struct RegisterCall {
  std::string name;                          ///< Letters, digits, '-', '_' and '.', at most 64.
  std::optional<std::int64_t> vcpus;         ///< For how many it is sized now; absent: it does not follow them.
  std::optional<std::int64_t> memory_bytes;  ///< How much it uses at most now; absent: it does not follow memory.
  Bytes memory_floor;                        ///< It cannot do with less.
};
/// An application took a budget over, or did not.
struct AnswerCall {
  std::uint64_t id = 0;
  bool applied = false;
  std::int64_t value = 0;  ///< What is in force then.
  std::string reason;      ///< Of a refusal.
};
/// Somebody wants more for a while.
struct RequestCall {
  std::uint32_t vcpus = 0;  ///< More than now.
  Bytes memory;
  Duration duration{};
  std::string reason;
};
/// An application tells figures of its own.
struct MetricsCall {
  std::map<std::string, double> values;
};
using LocalCall = std::variant<RegisterCall, AnswerCall, RequestCall, MetricsCall>;

/// Errors: `corrupt`, `limit_exceeded`, `unsupported` (type); the text names the key.
[[nodiscard]] Result<LocalCall> parse_local(std::string_view line);

struct BudgetOffer {
  std::uint64_t id = 0;
  std::string setting;  ///< "vcpus" or "memory_bytes"
  std::int64_t value = 0;
  Duration deadline{};
};
/// Lines of the agent, newline included.
[[nodiscard]] std::string welcome_line(std::string_view application);
[[nodiscard]] std::string budget_line(const BudgetOffer& offer);
[[nodiscard]] std::string error_line(const Error& error);
/// Total sizes that are wished for now, and whether a host hears of it.
struct Accepted {
  std::optional<std::uint32_t> vcpus;
  std::optional<std::uint64_t> memory_bytes;
  Duration duration{};
  bool host = false;
};
[[nodiscard]] std::string accepted_line(const Accepted& accepted);
/// The line of a request, for the client.
[[nodiscard]] std::string request_line(const RequestCall& request);

}  // namespace dynascale::agent
