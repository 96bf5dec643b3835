#pragma once
/// What `--tune` may turn: keys of hostd.toml and the values that are tried. Every candidate goes through the
/// configuration's own reader, so none is tried that hostd would refuse.

#include <string>
#include <vector>

#include "core/config/guest_policy.hpp"

namespace dynascale::simulate {

struct Knob {
  std::string section;
  std::string key;
  std::vector<std::string> values;
};

/// The rules of hostd.toml that make `rule` complete: a forecast needs `pressure` beside it.
[[nodiscard]] std::vector<std::string> rules_for(const std::string& rule);
[[nodiscard]] std::vector<Knob> knobs_for(const std::string& rule);

/// `base` itself under those rules, then combinations of the knobs' values in an order that depends on
/// nothing but their number, at most `most` in all.
[[nodiscard]] std::vector<config::GuestPolicy> candidates(const config::GuestPolicy& base,
                                                          const std::string& rule, std::size_t most);

/// The rules and knobs of `policy` as a table of hostd.toml: [defaults], or [guest."NAME"] for a name.
[[nodiscard]] std::string to_paste(const config::GuestPolicy& policy, const std::string& rule,
                                   const std::string& guest);

}  // namespace dynascale::simulate
