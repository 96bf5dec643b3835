#include "check/engine/collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace dynascale::check {
namespace {

constexpr std::size_t quoted_bytes = 200;

/// One line, one statement about the CPU count: the most exact rule wins.
constexpr auto count_rules = std::to_array<std::string_view>(
    {"DSC107", "DSC104", "DSC105", "DSC102", "DSC112", "DSC113", "DSC106", "DSC101", "DSC103"});

std::size_t rank_of(std::string_view rule) {
  const auto found = std::find(count_rules.begin(), count_rules.end(), rule);
  return static_cast<std::size_t>(found - count_rules.begin());
}

std::string squeeze(std::string_view line) {
  std::string out;
  for (const char c : line) {
    const bool blank = c == ' ' || c == '\t' || c == '\r';
    if (!blank)
      out.push_back(c);
    else if (!out.empty() && out.back() != ' ')
      out.push_back(' ');
  }
  return out;
}

}  // namespace

std::string fingerprint_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, 64 bit.
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

void Collector::add(Hit hit) {
  hits_.push_back(std::move(hit));
}

void Collector::incident(std::string rule, std::uint32_t line, std::string message, Level level) {
  incidents_.push_back({std::move(rule), context_.path, line, std::move(message), level});
}

std::vector<Finding> Collector::finish() {
  std::stable_sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) {
    return std::tie(a.line, a.rule->id) < std::tie(b.line, b.rule->id);
  });
  std::map<std::uint32_t, std::size_t> best;
  for (const auto& hit : hits_) {
    const auto rank = rank_of(hit.rule->id);
    if (rank == count_rules.size()) continue;
    const auto [entry, fresh] = best.emplace(hit.line, rank);
    if (!fresh) entry->second = std::min(entry->second, rank);
  }
  std::vector<Finding> findings;
  std::map<std::string, int> ordinals;
  for (auto& hit : hits_) {
    const auto rank = rank_of(hit.rule->id);
    if (rank < count_rules.size() && best[hit.line] != rank) continue;
    if (!findings.empty() && findings.back().line == hit.line && findings.back().rule == hit.rule->id)
      continue;
    const auto line = context_.lines.line(hit.line);
    const auto base =
        fmt::format("{}\n{}\n{}", hit.rule->id, context_.relative, squeeze(line.substr(0, 4096)));
    const auto ordinal = ordinals[base]++;
    findings.push_back({hit.rule->id, hit.level, context_.path, hit.line, hit.column,
                        printable(trim(line), quoted_bytes), std::move(hit.message), std::move(hit.component),
                        hit.grow, hit.shrink, fingerprint_of(fmt::format("{}\n{}", base, ordinal))});
  }
  return findings;
}

}  // namespace dynascale::check
