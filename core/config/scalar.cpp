#include "core/config/scalar.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/config/quantity.hpp"

namespace dynascale::config {
namespace {

template <class T>
using Names = std::vector<std::pair<std::string_view, T>>;

const Names<policy::Mode> modes{
    {"auto", policy::Mode::automatic}, {"advise", policy::Mode::advise}, {"off", policy::Mode::off}};
const Names<policy::GuestClass> classes{{"stateless", policy::GuestClass::stateless},
                                        {"stateful", policy::GuestClass::stateful}};
const Names<policy::Rule> rules{{"pressure", policy::Rule::pressure},
                                {"threshold", policy::Rule::threshold},
                                {"hybrid", policy::Rule::hybrid},
                                {"predictive", policy::Rule::predictive},
                                {"schedule", policy::Rule::schedule},
                                {"metric", policy::Rule::metric}};
const Names<policy::Resource> resources{{"vcpus", policy::Resource::vcpus}, {"memory", policy::Resource::memory}};
const Names<policy::MetricPer> metric_pers{{"guest", policy::MetricPer::guest}, {"unit", policy::MetricPer::unit}};
const Names<LogLevel> levels{{"debug", LogLevel::debug},
                             {"info", LogLevel::info},
                             {"warning", LogLevel::warning},
                             {"error", LogLevel::error}};

const Names<CustomKind> kinds{
    {"none", CustomKind::none}, {"exec", CustomKind::exec}, {"signal", CustomKind::signal}};
const Names<Follows> follows{{"cpus", Follows::cpus}, {"memory", Follows::memory}};
const Names<CustomSignal> signals{{"HUP", CustomSignal::hup},   {"USR1", CustomSignal::usr1},
                                  {"USR2", CustomSignal::usr2}, {"TTIN", CustomSignal::ttin},
                                  {"TTOU", CustomSignal::ttou}, {"WINCH", CustomSignal::winch}};

const Names<DriftRule> drift_rules{{"respect", DriftRule::respect}, {"take-over", DriftRule::take_over}};
const Names<exposition::Read> reads{
    {"value", exposition::Read::value}, {"rate", exposition::Read::rate}, {"mean", exposition::Read::mean}};
const Names<exposition::Combine> combines{
    {"one", exposition::Combine::one}, {"sum", exposition::Combine::sum}, {"max", exposition::Combine::max}};

template <class T>
Expected assign_name(const Scalar& from, T& to, const Names<T>& names) {
  std::string all;
  for (const auto& [name, value] : names) {
    if (from.text == name) {
      to = value;
      return std::nullopt;
    }
    all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", name);
  }
  return "must be one of " + all;
}

template <class T>
std::string print_name(T value, const Names<T>& names) {
  for (const auto& [name, named] : names)
    if (named == value) return fmt::format("\"{}\"", name);
  return "\"\"";
}

Expected whole_within(const Scalar& from, Between<unsigned> range, std::int64_t& to) {
  if (from.whole && *from.whole >= range.low && *from.whole <= range.high) {
    to = *from.whole;
    return std::nullopt;
  }
  return fmt::format("must be a whole number from {} to {}", range.low, range.high);
}

Expected number_within(const Scalar& from, Between<double> range, const char* unit, double& to) {
  if (from.number && *from.number >= range.low && *from.number <= range.high) {
    to = *from.number;
    return std::nullopt;
  }
  return fmt::format("must be a number{} from {} to {}", unit, range.low, range.high);
}

}  // namespace

Scalar scalar_of_text(const std::string& text) {
  Scalar scalar{.text = text, .number = {}, .whole = {}, .flag = {}};
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, whole);
      error == std::errc{} && stop == end)
    scalar.whole = whole;
  double number = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, number);
      error == std::errc{} && stop == end && std::isfinite(number))
    scalar.number = number;
  if (text == "true" || text == "false") scalar.flag = text == "true";
  return scalar;
}

Expected assign(const Scalar& from, std::string& to) {
  if (!from.text) return "must be a text in quotes";
  for (const char c : *from.text)
    if (static_cast<unsigned char>(c) < 0x20) return "must not hold control characters";
  to = *from.text;
  return std::nullopt;
}
Expected assign(const Scalar& from, bool& to) {
  if (!from.flag) return "must be true or false";
  to = *from.flag;
  return std::nullopt;
}
Expected assign(const Scalar& from, double& to, Between<double> range) {
  return number_within(from, range, "", to);
}
Expected assign(const Scalar& from, unsigned& to, Between<unsigned> range) {
  std::int64_t whole = to;
  auto expected = whole_within(from, range, whole);
  to = static_cast<unsigned>(whole);
  return expected;
}
Expected assign(const Scalar& from, Ratio& to, Between<double> range) {
  double percent = to.as_percent();
  auto expected = number_within(from, range, " of percent", percent);
  if (!expected) to = Ratio::percent(percent);
  return expected;
}
Expected assign(const Scalar& from, VcpuCount& to, Between<unsigned> range) {
  std::int64_t whole = to.value;
  auto expected = whole_within(from, range, whole);
  to.value = static_cast<std::uint16_t>(whole);
  return expected;
}
Expected assign(const Scalar& from, Bytes& to, Between<Bytes> range) {
  const auto bytes = from.text ? parse_bytes(*from.text) : std::nullopt;
  if (bytes && *bytes >= range.low && *bytes <= range.high) {
    to = *bytes;
    return std::nullopt;
  }
  return fmt::format("must be a size as \"512 MiB\" or \"1G\", from {} to {}", range.low, range.high);
}
Expected assign(const Scalar& from, Duration& to, Between<Duration> range) {
  const auto duration = from.text ? parse_duration(*from.text) : std::nullopt;
  if (duration && *duration >= range.low && *duration <= range.high) {
    to = *duration;
    return std::nullopt;
  }
  return fmt::format("must be a time as \"250ms\", \"5s\" or \"10m\", from {} to {}",
                     print_duration(range.low), print_duration(range.high));
}
Expected assign(const Scalar& from, policy::Mode& to) {
  return assign_name(from, to, modes);
}
Expected assign(const Scalar& from, policy::GuestClass& to) {
  return assign_name(from, to, classes);
}
Expected assign(const Scalar& from, policy::Rule& to) {
  return assign_name(from, to, rules);
}
Expected assign(const Scalar& from, policy::Resource& to) {
  return assign_name(from, to, resources);
}
Expected assign(const Scalar& from, policy::MetricPer& to) {
  return assign_name(from, to, metric_pers);
}
Expected assign(const Scalar& from, LogLevel& to) {
  return assign_name(from, to, levels);
}
Expected assign(const Scalar& from, RestartWindow& to) {
  const auto window = from.text ? parse_window(*from.text) : std::nullopt;
  if (!window) return "must be a window as \"Sat,Sun 02:00-04:00\" or \"daily 23:00-01:00\"";
  to = *window;
  return std::nullopt;
}

Expected assign(const Scalar& from, CustomKind& to) {
  return assign_name(from, to, kinds);
}
Expected assign(const Scalar& from, Follows& to) {
  return assign_name(from, to, follows);
}
Expected assign(const Scalar& from, CustomSignal& to) {
  return assign_name(from, to, signals);
}
Expected assign(const Scalar& from, DriftRule& to) {
  return assign_name(from, to, drift_rules);
}
Expected assign(const Scalar& from, exposition::Read& to) {
  return assign_name(from, to, reads);
}
Expected assign(const Scalar& from, exposition::Combine& to) {
  return assign_name(from, to, combines);
}

std::string print(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      text += fmt::format("\\u{:04x}", code);
      continue;
    }
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}
std::string print(bool value) {
  return value ? "true" : "false";
}
std::string print(double value) {
  return fmt::format("{}", value);
}
std::string print(unsigned value) {
  return fmt::format("{}", value);
}
std::string print(Ratio value) {
  return fmt::format("{}", std::round(value.as_percent() * 1e6) / 1e6);
}
std::string print(VcpuCount value) {
  return fmt::format("{}", value);
}
std::string print(Bytes value) {
  return '"' + print_bytes(value) + '"';
}
std::string print(Duration value) {
  return '"' + print_duration(value) + '"';
}
std::string print(policy::Mode value) {
  return print_name(value, modes);
}
std::string print(policy::GuestClass value) {
  return print_name(value, classes);
}
std::string print(policy::Rule value) {
  return print_name(value, rules);
}
std::string print(policy::Resource value) {
  return print_name(value, resources);
}
std::string print(policy::MetricPer value) {
  return print_name(value, metric_pers);
}
std::string print(LogLevel value) {
  return print_name(value, levels);
}
std::string print(const RestartWindow& value) {
  return '"' + to_string(value) + '"';
}
std::string print(CustomKind value) {
  return print_name(value, kinds);
}
std::string print(Follows value) {
  return print_name(value, follows);
}
std::string print(CustomSignal value) {
  return print_name(value, signals);
}
std::string print(DriftRule value) {
  return print_name(value, drift_rules);
}
std::string print(exposition::Read value) {
  return print_name(value, reads);
}
std::string print(exposition::Combine value) {
  return print_name(value, combines);
}

}  // namespace dynascale::config
