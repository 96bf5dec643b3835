#include "ctl/simulate/report.hpp"

#include <cmath>
#include <map>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace dynascale::simulate {
namespace {

double percent(double part, double whole) {
  return whole > 0 ? 100.0 * part / whole : 0.0;
}

std::string quoted(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

std::string share_members(const Tally& sum) {
  const Shares share = shares(sum);
  return fmt::format(R"("over_percent":{:.6f},"under_samples_percent":{:.6f},"unserved_percent":{:.6f},)"
                     R"("resizes_per_day":{:.6f})",
                     share.over_percent, share.under_samples_percent, share.unserved_percent,
                     share.resizes_per_day);
}

std::string series_members(const PolicyScore& score) {
  std::string list;
  for (const SeriesScore& series : score.series) {
    if (!list.empty()) list += ',';
    list += fmt::format(R"({{"series":{},"score":{:.6f},{}}})", quoted(series.series), series.ratio,
                        share_members(series.tally));
  }
  return list;
}

std::string row(std::string_view name, double score, std::string pooled, const Tally& sum) {
  const Shares share = shares(sum);
  return fmt::format("{:<34} {:>8.4f} {:>8} {:>8.1f} {:>8.2f} {:>10.3f} {:>10.1f}\n", name, score, pooled,
                     share.over_percent, share.under_samples_percent, share.unserved_percent,
                     share.resizes_per_day);
}

struct Group {
  double logs = 0;
  int count = 0;
};

std::string group_of(std::string_view series, const std::vector<std::string>& prefixes) {
  std::string longest;
  for (const std::string& prefix : prefixes) {
    if (series.starts_with(prefix) && prefix.size() > longest.size()) longest = prefix;
  }
  return longest.empty() ? "other" : longest;
}

std::map<std::string, Group> grouped(const PolicyScore& score, const std::vector<std::string>& prefixes) {
  std::map<std::string, Group> groups;
  for (const SeriesScore& series : score.series) {
    Group& group = groups[group_of(series.series, prefixes)];
    group.logs += std::log(series.ratio);
    ++group.count;
  }
  return groups;
}

}  // namespace

Shares shares(const Tally& sum) {
  return {percent(sum.allocated - sum.demand, sum.demand),
          percent(static_cast<double>(sum.short_steps), static_cast<double>(sum.steps)),
          percent(sum.unserved, sum.demand),
          sum.days > 0 ? static_cast<double>(sum.resizes) / sum.days : 0.0};
}

std::string as_json(const std::vector<PolicyScore>& scores, Detail detail) {
  std::string text;
  for (const PolicyScore& score : scores) {
    text += fmt::format(R"({}{{"policy":{},"series":{},"score_geomean":{:.6f},"score_pooled":{:.6f},{})",
                        text.empty() ? "" : ",\n", quoted(score.policy), score.series.size(),
                        score.score_geomean, score.score_pooled, share_members(score.total));
    if (detail == Detail::per_series) text += fmt::format(R"(,"per_series":[{}])", series_members(score));
    text += '}';
  }
  return fmt::format("[\n{}\n]\n", text);
}

std::string as_table(const std::vector<PolicyScore>& scores, Detail detail) {
  std::string text = fmt::format("{:<34} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}\n", "policy", "score S",
                                 "pooled S", "over %", "short %", "unserved %", "resizes/d");
  for (const PolicyScore& score : scores) {
    text += row(score.policy, score.score_geomean, fmt::format("{:.4f}", score.score_pooled), score.total);
    if (detail == Detail::sums) continue;
    for (const SeriesScore& series : score.series)
      text += row("  " + series.series, series.ratio, "", series.tally);
  }
  for (const PolicyScore& score : scores) {
    if (score.policy_bytes == 0) continue;
    text += fmt::format("{}: {:.1f} us of processor time a decision, {:.1f} KiB a guest\n", score.policy,
                        1e6 * score.decide_seconds / static_cast<double>(score.decisions),
                        static_cast<double>(score.policy_bytes) / 1024);
  }
  return text;
}

std::string as_group_table(const std::vector<PolicyScore>& scores, const std::vector<std::string>& prefixes) {
  std::string text = fmt::format("{:<18}", "score S by group");
  for (const auto& [name, group] : grouped(scores.front(), prefixes)) {
    text += fmt::format(" {:>18}", fmt::format("{} ({})", name, group.count));
  }
  text += '\n';
  for (const PolicyScore& score : scores) {
    text += fmt::format("{:<18}", score.policy);
    for (const auto& [name, group] : grouped(score, prefixes)) {
      text += fmt::format(" {:>{}.4f}", std::exp(group.logs / group.count),
                          std::max<std::size_t>(18, fmt::formatted_size("{} ({})", name, group.count)));
    }
    text += '\n';
  }
  return text;
}

}  // namespace dynascale::simulate
