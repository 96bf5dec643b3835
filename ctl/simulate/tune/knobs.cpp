#include "ctl/simulate/tune/knobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace dynascale::simulate {
namespace {

const Knob target{"pressure", "target_percent", {"60", "65", "70", "75", "80", "85", "90"}};
const Knob stabilisation{"guard", "stabilisation", {"1m", "5m", "15m", "30m", "1h"}};
const Knob step_down{"guard", "max_step_down", {"1", "2", "4"}};

std::size_t combinations(const std::vector<Knob>& knobs) {
  return std::accumulate(knobs.begin(), knobs.end(), std::size_t{1},
                         [](std::size_t count, const Knob& knob) { return count * knob.values.size(); });
}

/// The combination with this number, each knob a digit of it.
config::PolicyText combination(const std::vector<Knob>& knobs, std::size_t number) {
  config::PolicyText text;
  for (const Knob& knob : knobs) {
    text.settings.push_back({knob.section, knob.key, knob.values[number % knob.values.size()]});
    number /= knob.values.size();
  }
  return text;
}

/// Lines "key = value" by section.
std::map<std::string, std::map<std::string, std::string>> lines_by_section(const std::string& toml) {
  std::map<std::string, std::map<std::string, std::string>> lines;
  std::string section;
  for (std::size_t begin = 0; begin < toml.size();) {
    const auto end = std::min(toml.find('\n', begin), toml.size());
    const auto line = toml.substr(begin, end - begin);
    if (line.starts_with('[')) section = line.substr(1, line.size() - 2);
    if (const auto equals = line.find(" = "); equals != std::string::npos)
      lines[section][line.substr(0, equals)] = line;
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::vector<std::string> rules_for(const std::string& rule) {
  if (rule == "hybrid" || rule == "predictive") return {"pressure", rule};
  return {rule};
}

std::vector<Knob> knobs_for(const std::string& rule) {
  if (rule == "threshold")
    return {{"threshold", "cap_percent", {"60", "70", "75", "80", "85", "90"}},
            {"threshold", "floor_percent", {"20", "30", "40", "50", "60"}},
            {"threshold", "period", {"10s", "5m", "15m"}},
            {"threshold", "step", {"1", "2", "4"}},
            stabilisation,
            step_down};
  if (rule == "pressure") return {target, stabilisation, step_down};
  return {target,
          {"forecast", "unserved_price", {"2", "5", "10", "20", "50", "100", "200"}},
          {"forecast", "resize_price", {"0.01", "0.05"}},
          {"forecast", "step", {"5m", "10m", "15m"}},
          stabilisation,
          step_down};
}

std::vector<config::GuestPolicy> candidates(const config::GuestPolicy& base, const std::string& rule,
                                            std::size_t most) {
  config::PolicyText rules;
  rules.rules = rules_for(rule);
  std::vector<config::GuestPolicy> all{config::overlay(base, rules, "--tune").value};
  const auto knobs = knobs_for(rule);
  std::vector<std::size_t> order(combinations(knobs));
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random{20};  // Any seed; always the same.
  std::ranges::shuffle(order, random);
  for (const std::size_t number : order) {
    if (all.size() >= most) break;
    auto made = config::overlay(all.front(), combination(knobs, number), "--tune");
    if (made.ok() && made.value.policy != all.front().policy) all.push_back(std::move(made.value));
  }
  return all;
}

std::string to_paste(const config::GuestPolicy& policy, const std::string& rule, const std::string& guest) {
  const auto table = guest.empty() ? std::string{"defaults"} : fmt::format("guest.\"{}\"", guest);
  auto lines = lines_by_section(config::to_toml(policy));
  std::string toml = fmt::format("[{}]\n{}\n", table, lines[""]["rules"]);
  std::map<std::string, std::vector<std::string>> chosen;
  for (const Knob& knob : knobs_for(rule)) chosen[knob.section].push_back(lines[knob.section][knob.key]);
  for (const auto& [section, keys] : chosen)
    toml += fmt::format("\n[{}.{}]\n{}\n", table, section, fmt::join(keys, "\n"));
  return toml;
}

}  // namespace dynascale::simulate
