#pragma once
/// `--tune`: tries parameters of a rule of hostd's on recorded load.

#include <chrono>

#include "core/config/guest_policy.hpp"
#include "ctl/simulate/evaluate.hpp"
#include "ctl/simulate/tune/walk_forward.hpp"

namespace dynascale::simulate {

struct TuneRequest {
  std::string rule;  ///< "threshold", "pressure", "hybrid" or "predictive".
  config::GuestPolicy base;
  std::chrono::steady_clock::duration at_most = std::chrono::seconds{60};
  std::size_t candidates_max = 2000;
};

struct Tuned {
  Validated validated;
  config::GuestPolicy policy;  ///< The recommended one, under the rule.
  std::size_t candidates = 0;  ///< There are,
  std::size_t tried = 0;       ///< of them in the time.
};

inline constexpr std::size_t tune_pieces = 5;  ///< After the first day; the first of them only teaches.

/// Replays candidates with `settings.workers` threads until all or the time is over; what is in force is
/// always tried, and at least one other. Errors: as evaluate(), and for memory, which hostd's rules size with
/// figures that no record holds.
[[nodiscard]] Result<Tuned> tune(std::span<const Trace> traces, const TuneRequest& request,
                                 const Settings& settings);

/// Figures on the judged pieces before and after, and the table to paste.
[[nodiscard]] std::string tuned_text(const Tuned& tuned, const TuneRequest& request,
                                     const std::string& guest);
[[nodiscard]] std::string tuned_json(const Tuned& tuned, const TuneRequest& request,
                                     const std::string& guest);

}  // namespace dynascale::simulate
