#pragma once
/// Needs that this host cannot meet: announced when they last, cleared when they have passed for a while, so that
/// someone else (horizontal scaling, a migration) can act. Nothing here acts by itself. A bounded plain value.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/arbiter/config.hpp"

namespace dynascale::arbiter {

enum class Cause {
  ceiling,      ///< A guest wants more than its maximum.
  host_full,    ///< A guest is within its limits and entitlement, and the host has nothing to give.
  host_cpus,    ///< The host's cores are the bottleneck: more vCPUs would help nobody.
  host_memory,  ///< The host is critically short of memory.
};
[[nodiscard]] std::string_view to_string(Cause cause);

/// Something that is so at this moment.
struct Condition {
  std::string guest;  ///< Empty: of the whole host.
  Cause cause = Cause::ceiling;
  std::string text;
};

struct ScaleOutEvent {
  std::uint64_t number = 0;  ///< Counts up from 1 in this process.
  std::string guest;
  Cause cause = Cause::ceiling;
  std::string text;
  Instant since;   ///< When the condition began.
  Instant raised;  ///< When it had lasted long enough.
  std::optional<Instant> cleared;
};

class ScaleOut {
 public:
  static constexpr std::size_t max_history = 256;

  ScaleOut(Duration after, Duration clear) : after_{after}, clear_{clear} {}

  /// The conditions that hold now, all of them. Returns the events that were raised or cleared by it.
  std::vector<ScaleOutEvent> update(const std::vector<Condition>& conditions, Instant now);
  /// Newest last; raised ones and, as far as there is room, cleared ones.
  [[nodiscard]] const std::deque<ScaleOutEvent>& history() const { return history_; }

 private:
  using Key = std::tuple<std::string, Cause>;
  struct Watch {
    Instant since;
    Instant last;
    std::string text;
    std::uint64_t event = 0;  ///< Zero: not raised yet.
    Instant raised;
  };
  void remember(const ScaleOutEvent& event);

  Duration after_;
  Duration clear_;
  std::map<Key, Watch> watched_;
  std::deque<ScaleOutEvent> history_;
  std::uint64_t count_ = 0;
};

}  // namespace dynascale::arbiter
