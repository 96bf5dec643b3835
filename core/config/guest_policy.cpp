#include "core/config/guest_policy.hpp"

#include <algorithm>

#include "core/config/check.hpp"
#include "core/config/keys.hpp"
#include "core/config/text_reader.hpp"
#include "core/config/toml_writer.hpp"

namespace dynascale::config {
namespace {

class Overlay {
 public:
  Overlay(const PolicyText& text, const std::string& source, std::vector<Problem>& problems)
      : text_{text}, source_{source}, problems_{problems} {}

  template <class T, class... Range>
  void top(const char* key, const std::optional<std::string>& value, T& to, const Range&... range) {
    if (!value) return;
    if (const auto expected = assign(scalar_of_text(*value), to, range...)) report(key, *expected);
  }
  void rules(std::vector<policy::Rule>& to) {
    if (text_.rules.empty()) return;
    to.clear();
    for (const auto& name : text_.rules) {
      policy::Rule rule{};
      if (const auto expected = assign(scalar_of_text(name), rule)) report("rules", "each name " + *expected);
      to.push_back(rule);
    }
  }
  template <class C>
  void section(const char* name, C& to) {
    sections_.push_back(name);
    TextReader reader{text_.settings, name, source_, problems_};
    describe(reader, to);
    reader.finish();
  }
  /// Each window, or figure, of the text in place of one of the same name.
  template <class C>
  void named(std::string_view prefix, std::map<std::string, C>& to) {
    for (const auto& setting : text_.settings) {
      if (!setting.section.starts_with(prefix) || knows(setting.section)) continue;
      auto& one = to[setting.section.substr(prefix.size())];
      one = {};
      section(setting.section.c_str(), one);
    }
  }
  void finish() {
    for (const auto& setting : text_.settings)
      if (!knows(setting.section))
        report(setting.section,
               "is an unknown element; expected pressure, threshold, forecast, schedule, metric, guard or resize");
  }

 private:
  [[nodiscard]] bool knows(const std::string& section) const {
    return std::find(sections_.begin(), sections_.end(), section) != sections_.end();
  }
  void report(const std::string& key, std::string what) {
    problems_.push_back({.file = source_, .line = 0, .column = 0, .key = key, .what = std::move(what)});
  }
  const PolicyText& text_;
  const std::string& source_;
  std::vector<Problem>& problems_;
  std::vector<std::string> sections_;
};

template <class T>
void take(std::optional<T>& to, const std::optional<T>& from) {
  if (from) to = from;
}

}  // namespace

Checked<GuestPolicy> overlay(const GuestPolicy& base, const PolicyText& text, const std::string& source) {
  Checked<GuestPolicy> checked{.value = base, .problems = {}};
  auto read = base;
  Overlay over{text, source, checked.problems};
  over.top("mode", text.mode, read.policy.mode);
  over.top("class", text.guest_class, read.policy.guest_class);
  over.rules(read.policy.rules);
  if (text.shares)
    over.top("shares", std::to_string(*text.shares), read.shares, Between<unsigned>{1, 1000000});
  take(read.limits.vcpus_min, text.limits.vcpus_min);
  take(read.limits.vcpus_max, text.limits.vcpus_max);
  take(read.limits.memory_min, text.limits.memory_min);
  take(read.limits.memory_max, text.limits.memory_max);
  over.section("pressure", read.policy.pressure);
  over.section("threshold", read.policy.threshold);
  over.section("forecast", read.policy.forecast);
  over.named("schedule.", read.policy.schedule);
  over.named("metric.", read.policy.metrics);
  over.section("guard", read.policy.guard);
  over.section("resize", read.resize);
  over.finish();
  check(read, "", source, checked.problems);
  if (checked.ok()) checked.value = std::move(read);
  return checked;
}

std::string to_toml(const GuestPolicy& policy) {
  std::string out;
  TomlWriter writer{out};
  auto copy = policy;
  describe(writer, copy);
  return out;
}

Limits limits_within(const GuestLimits& limits, const DomainBounds& bounds) {
  const auto one = VcpuCount{1};
  const auto most = std::max(one, bounds.vcpus_maximum);
  Limits made;
  made.vcpus_max = std::clamp(limits.vcpus_max.value_or(most), one, most);
  made.vcpus_min = std::clamp(limits.vcpus_min.value_or(one), one, made.vcpus_max);
  made.memory_max = std::min(limits.memory_max.value_or(bounds.memory_maximum), bounds.memory_maximum);
  made.memory_min = std::min(limits.memory_min.value_or(bounds.boot_memory.scaled(0.5)), made.memory_max);
  return made;
}

}  // namespace dynascale::config
