#include "agent/metric_book.hpp"

#include <fmt/format.h>

namespace dynascale::agent {

Status MetricBook::tell(const std::string& source, const std::string& from, const Figures& figures, Instant now) {
  std::size_t added = 0;
  for (const auto& [name, value] : figures) {
    if (!is_metric_name(name))
      return fail(Errc::corrupt,
                  "a figure has a name of lower-case letters, digits and '_', a letter first, at most 64");
    if (!is_metric_value(value))
      return fail(Errc::corrupt, fmt::format("'{}' must be a number from 0 to {}", name, max_metric_value));
    if (!entries_.contains({source, name})) ++added;
  }
  if (entries_.size() + added > wire::max_metrics)
    return fail(Errc::limit_exceeded, fmt::format("{} figures are told at most", wire::max_metrics));
  for (const auto& [name, value] : figures) entries_[{source, name}] = {from, value, now};
  return {};
}

void MetricBook::miss(const std::string& source, const std::string& from, const std::string& name,
                      const std::string& why, Instant now) {
  if (!entries_.contains({source, name}) && entries_.size() >= wire::max_metrics) return;
  entries_[{source, name}] = {from, std::nullopt, now, why};
}

void MetricBook::ail(const std::string& source, const std::string& why) {
  for (auto& [key, entry] : entries_)
    if (key.first == source) entry.note = why;
}

std::vector<std::string> MetricBook::names_of(const std::string& source) const {
  std::vector<std::string> names;
  for (const auto& [key, entry] : entries_)
    if (key.first == source) names.push_back(key.second);
  return names;
}

void MetricBook::forget(const std::string& source) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.first.first == source; });
}

std::vector<wire::Metric> MetricBook::current(Instant now) const {
  std::vector<wire::Metric> all;
  for (const auto& [key, entry] : entries_) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - entry.at).count();
    all.push_back({.name = key.second,
                   .from = entry.from,
                   .value = entry.value,
                   .age_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)),
                   .note = entry.note});
  }
  return all;
}

}  // namespace dynascale::agent
