#pragma once
/// Visits keys and writes their values as TOML.

#include <fmt/format.h>

#include "core/config/scalar.hpp"

namespace dynascale::config {

class TomlWriter {
 public:
  explicit TomlWriter(std::string& out, std::string path = {}) : out_{out}, path_{std::move(path)} {}

  template <class T, class... Range>
  void value(std::string_view key, const T& from, const Range&...) {
    out_ += fmt::format("{} = {}\n", key, print(from));
  }
  template <class T, class Range>
  void maybe(std::string_view key, const std::optional<T>& from, const Range& range) {
    if (from) value(key, *from, range);
  }
  template <class T>
  void list(std::string_view key, const std::vector<T>& from) {
    std::string items;
    for (const auto& item : from) items += (items.empty() ? "" : ", ") + print(item);
    out_ += fmt::format("{} = [{}]\n", key, items);
  }
  template <class F>
  void section(std::string_view name, F inside) {
    const auto path = path_.empty() ? std::string{name} : path_ + '.' + std::string{name};
    out_ += fmt::format("\n[{}]\n", path);
    TomlWriter inner{out_, path};
    inside(inner);
  }
  template <class T, class F>
  void named(std::string_view name, std::map<std::string, T>& from, const T&, F inside) {
    for (auto& [chosen, one] : from)
      section(fmt::format("{}.{}", name, print(chosen)), [&, of = &one](auto& inner) { inside(inner, *of); });
  }

 private:
  std::string& out_;
  std::string path_;
};

}  // namespace dynascale::config
