#pragma once
/// What the agent has set, so that it can tell somebody else's hand from its own, also after its own restart. Pure; a
/// file keeps it as text. Nothing is done because of it: it only makes the agent do less.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/retuning.hpp"

namespace dynascale::agent {

/// Somebody has set another value than the agent had.
struct Drift {
  std::string application;
  std::string setting;
  std::int64_t ours = 0;
  std::int64_t found = 0;
  bool operator==(const Drift&) const = default;
};

class OwnChanges {
 public:
  static constexpr std::size_t max_applications = 128;
  static constexpr std::size_t max_settings = 64;  ///< Of one application.
  static constexpr Bytes max_text = Bytes::mib(1);

  /// Looks for values that somebody else has set since the agent did, while the application went on running (a restart
  /// may bring other values by itself). Under `respect` it takes the changes of such settings out of the plans, with a
  /// note. Returns those that are new. Remembers every application's part.
  /// `boot` names the kernel's run; applications whose adapter does not keep values are not looked at.
  std::vector<Drift> judge(std::vector<Application>& applications, std::string_view boot, DriftRule rule);
  /// Remembers that these are about to be changed: who finds them so after a crash judges nothing.
  void begin(const Instance& instance, const std::vector<Change>& changes);
  /// Remembers what was set and read back; what ended without certainty is forgotten, and judged no more.
  void record(const std::vector<Retuning>& done, std::string_view boot);
  /// An application's part when the agent last looked.
  [[nodiscard]] std::optional<Bytes> part_of(const std::string& application) const;

  [[nodiscard]] std::string text() const;
  /// Errors: `corrupt`, `limit_exceeded`; the text names the key.
  [[nodiscard]] static Result<OwnChanges> parse(std::string_view text);

 private:
  struct Value {
    std::int64_t ours = 0;
    std::optional<std::int64_t> found = {};  ///< Somebody else's.
    bool changing = false;                   ///< The agent's work on it has not ended.
  };
  struct Entry {
    std::string run;  ///< Of the main process.
    Bytes part;
    std::map<std::string, Value> values;
  };
  enum class Finding { ours, known, fresh, uncertain };
  static Finding look(Value& value, std::int64_t now, bool same_run);
  static Result<Entry> parse_entry(const boost::json::value& value);
  [[nodiscard]] bool make_room(const std::vector<Application>& present);
  std::map<std::string, Entry> entries_;
};

}  // namespace dynascale::agent
