#include "hostd/metrics_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace dynascale::hostd {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char letter : value) {
    if (letter == '\\' || letter == '"') out += '\\';
    if (letter == '\n')
      out += "\\n";
    else
      out += letter;
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string_view name_of(MetricsText::Kind kind) {
  switch (kind) {
    case MetricsText::Kind::gauge: return "gauge";
    case MetricsText::Kind::counter: return "counter";
    case MetricsText::Kind::histogram: return "histogram";
  }
  return "untyped";
}

}  // namespace

void Histogram::observe(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return;
  ++count_;
  sum_ += seconds;
  for (std::size_t bucket = 0; bucket < bounds_s.size(); ++bucket) {
    if (seconds > bounds_s[bucket]) continue;
    ++counts_[bucket];
    return;
  }
}

std::uint64_t Histogram::up_to(std::size_t bucket) const {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index <= bucket; ++index) sum += counts_[index];
  return sum;
}

void MetricsText::family(std::string_view name, Kind kind, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, name_of(kind));
}

void MetricsText::line(std::string_view suffix, const Labels& labels, double value) {
  std::string inside;
  for (const auto& [key, text] : labels)
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", key, escaped(text));
  text_ += name_;
  text_ += suffix;
  if (!inside.empty()) text_ += "{" + inside + "}";
  text_ += " " + number(value) + "\n";
}

void MetricsText::sample(const Labels& labels, double value) { line("", labels, value); }

void MetricsText::histogram(const Labels& labels, const Histogram& histogram) {
  auto with_bound = labels;
  with_bound.emplace_back("le", "");
  for (std::size_t bucket = 0; bucket < Histogram::bounds_s.size(); ++bucket) {
    with_bound.back().second = number(Histogram::bounds_s[bucket]);
    line("_bucket", with_bound, static_cast<double>(histogram.up_to(bucket)));
  }
  with_bound.back().second = "+Inf";
  line("_bucket", with_bound, static_cast<double>(histogram.count()));
  line("_sum", labels, histogram.sum());
  line("_count", labels, static_cast<double>(histogram.count()));
}

}  // namespace dynascale::hostd
