#pragma once
/// Visits keys and fills them from the settings of a policy's metadata, which have no lines.

#include <algorithm>

#include "core/config/guest_policy.hpp"
#include "core/config/scalar.hpp"

namespace dynascale::config {

class TextReader {
 public:
  TextReader(const std::vector<PolicyText::Setting>& settings, std::string section, std::string source,
             std::vector<Problem>& problems)
      : settings_{settings}, section_{std::move(section)}, source_{std::move(source)}, problems_{problems} {}

  template <class T, class... Range>
  void value(std::string_view key, T& to, const Range&... range) {
    known_.push_back(key);
    for (const auto& setting : settings_)
      if (setting.section == section_ && setting.key == key)
        if (const auto expected = assign(scalar_of_text(setting.value), to, range...))
          report(setting, *expected);
  }
  template <class T, class Range>
  void maybe(std::string_view key, std::optional<T>& to, const Range& range) {
    T read{};
    const auto before = problems_.size();
    value(key, read, range);
    const bool given = std::ranges::any_of(
        settings_, [&](const auto& setting) { return setting.section == section_ && setting.key == key; });
    if (given && problems_.size() == before) to = read;
  }
  void finish() {
    for (const auto& setting : settings_) {
      if (setting.section != section_ || std::find(known_.begin(), known_.end(), setting.key) != known_.end())
        continue;
      const auto meant = nearest(setting.key, known_);
      report(setting, meant.empty() ? "is an unknown key"
                                    : "is an unknown key; did you mean '" + std::string{meant} + "'?");
    }
  }

 private:
  void report(const PolicyText::Setting& setting, std::string what) {
    problems_.push_back({.file = source_,
                         .line = 0,
                         .column = 0,
                         .key = setting.section + '.' + setting.key,
                         .what = std::move(what)});
  }

  const std::vector<PolicyText::Setting>& settings_;
  std::string section_;
  std::string source_;
  std::vector<Problem>& problems_;
  std::vector<std::string_view> known_;
};

}  // namespace dynascale::config
