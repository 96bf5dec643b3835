#pragma once
/// After a shrink: does some application suffer from it? Names the one that does, so that the host gives back. Pure.

#include <map>
#include <optional>
#include <string>

#include "core/model/limits.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::agent {

/// How much of the time some task of an application stalled, over ten seconds; absent: not known.
struct Strain {
  std::optional<Ratio> cpu;
  std::optional<Ratio> memory;
};
/// By application; "" is the guest as a whole.
using Strains = std::map<std::string, Strain>;

struct ShrinkWatchConfig {
  Duration settle = std::chrono::seconds{12};   ///< The averages of ten seconds still hold the shrink itself.
  Duration watch = std::chrono::seconds{120};
  Ratio high = Ratio::percent(15);              ///< A strain below this is none.
  Ratio rise = Ratio::percent(10);              ///< Above what it was before the shrink.
};

class ShrinkWatch {
 public:
  explicit ShrinkWatch(ShrinkWatchConfig config = {}) : config_{config} {}

  /// A shrink from `before` to `after` has happened. `strains` are those before it.
  void begin(const Size& before, const Size& after, Strains strains, Instant now);
  /// Asks for what was taken back, once a resource; nothing while nobody suffers more than before.
  [[nodiscard]] std::optional<wire::Urgent> look(const Strains& strains, Instant now);
  [[nodiscard]] bool active(Instant now) const { return shrunk_ && now < shrunk_->since + config_.watch; }

 private:
  struct Shrunk {
    Size before;
    bool vcpus = false;   ///< Taken, and not asked back yet.
    bool memory = false;
    Strains strains;
    Instant since;
  };
  [[nodiscard]] std::optional<std::string> sufferer(const Strains& strains, std::optional<Ratio> Strain::*kind) const;

  ShrinkWatchConfig config_;
  std::optional<Shrunk> shrunk_;
};

}  // namespace dynascale::agent
