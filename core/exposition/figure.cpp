#include "core/exposition/figure.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/exposition/sample_line.hpp"
#include "core/model/metric.hpp"

namespace dynascale::exposition {
namespace {

/// The same whatever the order of the labels.
std::uint64_t hash_of(const std::vector<Label>& labels) {
  std::uint64_t sum = labels.size();
  for (const auto& label : labels)
    sum += std::hash<std::string>{}(std::string{label.name} + '\0' + label.value) | 1U;
  return sum;
}

/// Which part of a point a series named `name` tells under `rule`; null for none.
std::optional<double> Point::* part_of(const FigureRule& rule, std::string_view name) {
  if (rule.read != Read::mean) return name == rule.series.name ? &Point::sum : nullptr;
  if (!name.starts_with(rule.series.name)) return nullptr;
  name.remove_prefix(rule.series.name.size());
  return name == "_sum" ? &Point::sum : name == "_count" ? &Point::count : nullptr;
}

/// Of a counter; one that fell has begun anew from zero.
double growth_of(double before, double now) { return now >= before ? now - before : now; }

tl::unexpected<Error> needs_another() {
  return fail(Errc::unavailable, "a second answer is needed for what a counter grew by");
}

double combined(Combine combine, const std::vector<double>& values) {
  double result = values.front();
  // Of a quantile that is NaN for want of events the others tell.
  for (std::size_t index = 1; index < values.size(); ++index)
    result = combine == Combine::max ? std::fmax(result, values[index]) : result + values[index];
  return result;
}

/// The mean of each series, or of all together.
Result<double> mean_of(Combine combine, const std::vector<double>& sums, const std::vector<double>& counts) {
  std::vector<double> means;
  double sum = 0;
  double count = 0;
  for (std::size_t index = 0; index < sums.size(); ++index) {
    if (!(counts[index] > 0)) continue;
    means.push_back(sums[index] / counts[index]);
    sum += sums[index];
    count += counts[index];
  }
  if (means.empty()) return fail(Errc::unavailable, "nothing was counted since the last answer");
  return combine == Combine::max ? combined(combine, means) : sum / count;
}

}  // namespace

Status Scan::take(std::string_view line) {
  ++lines_;
  const auto at_line = [&](Errc code, std::string_view what) {
    return fail(code, fmt::format("line {} of its answer: {}", lines_, what));
  };
  const auto sample = parse_sample(line);
  if (!sample) return at_line(sample.error().code, sample.error().what);
  if (!*sample) return {};
  for (const auto& [figure, rule] : rules_) {
    const auto part = part_of(rule, (*sample)->name);
    if (part == nullptr || !matches(rule.series.labels, (*sample)->labels)) continue;
    auto& points = found_[figure];
    if (points.size() > max_matching) continue;  // Told by `points_of`.
    auto& point = points[hash_of((*sample)->labels)];
    if (point.*part) return at_line(Errc::corrupt, "a series is told twice");
    point.*part = (*sample)->value;
  }
  return {};
}

Result<Points> Scan::points_of(const std::string& figure) const {
  const auto found = found_.find(figure);
  if (found == found_.end()) return fail(Errc::not_found, "no such series in its answer");
  if (found->second.size() > max_matching)
    return fail(Errc::limit_exceeded, fmt::format("more than {} series match; name more labels", max_matching));
  return found->second;
}

Result<double> Figure::take(Points now, Instant at) {
  if (now.empty()) return fail(Errc::not_found, "no such series in its answer");
  if (rule_.combine == Combine::one && now.size() > 1)
    return fail(Errc::limit_exceeded,
                fmt::format("{} series match; name more labels, or say how to combine them", now.size()));
  Result<double> value = needs_another();
  if (rule_.read == Read::value) {
    std::vector<double> values;
    for (const auto& [labels, point] : now) values.push_back(point.sum.value_or(NAN));
    value = combined(rule_.combine, values);
  } else if (at_ && at > *at_ && at - *at_ <= max_gap) {
    value = growth(now, std::chrono::duration<double>(at - *at_).count());
  }
  before_ = std::move(now);
  at_ = at;
  if (value && !is_metric_value(*value))
    return fail(Errc::corrupt, fmt::format("it is {:.6g}, no number from 0 to {:.0e}", *value, max_metric_value));
  return value;
}

Result<double> Figure::growth(const Points& now, double seconds) const {
  std::vector<double> sums;
  std::vector<double> counts;
  for (const auto& [labels, point] : now) {
    const auto before = before_.find(labels);
    if (before == before_.end() || !point.sum || !before->second.sum) continue;
    const auto& then = before->second;
    if (rule_.read == Read::rate) {
      sums.push_back(growth_of(*then.sum, *point.sum) / seconds);
    } else if (point.count && then.count) {
      const bool anew = *point.count < *then.count;
      sums.push_back(anew ? *point.sum : *point.sum - *then.sum);
      counts.push_back(anew ? *point.count : *point.count - *then.count);
    }
  }
  if (sums.empty()) return needs_another();
  return rule_.read == Read::rate ? combined(rule_.combine, sums) : mean_of(rule_.combine, sums, counts);
}

}  // namespace dynascale::exposition
