#pragma once
/// Visits keys and fills them from one TOML table. The only user of toml++ together with toml_reader.cpp.

#include <toml++/toml.h>
#include <functional>

#include "core/config/problem.hpp"
#include "core/config/scalar.hpp"

namespace dynascale::config {

[[nodiscard]] Scalar scalar_of(const toml::node& node);

class TomlReader {
 public:
  /// `table` may be null: then every key keeps its value.
  TomlReader(const toml::table* table, std::string path, std::string file, std::vector<Problem>& problems)
      : table_{table}, path_{std::move(path)}, file_{std::move(file)}, problems_{problems} {}

  template <class T, class... Range>
  void value(std::string_view key, T& to, const Range&... range) {
    const auto* node = find(key);
    if (node == nullptr) return;
    if (const auto expected = assign(scalar_of(*node), to, range...)) report(key, *node, *expected);
  }
  template <class T, class Range>
  void maybe(std::string_view key, std::optional<T>& to, const Range& range) {
    T read = to.value_or(T{});
    const auto before = problems_.size();
    value(key, read, range);
    if (find(key) != nullptr && problems_.size() == before) to = read;
  }
  template <class T>
  void list(std::string_view key, std::vector<T>& to) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) return report(key, *node, "must be a list in [ ]");
    std::vector<T> read;
    for (const auto& item : *array) {
      T one{};
      if (const auto expected = assign(scalar_of(item), one)) report(key, item, "each item " + *expected);
      read.push_back(one);
    }
    to = std::move(read);
  }
  template <class F>
  void section(std::string_view name, F inside) {
    TomlReader inner{subtable(name), path_ + std::string{name} + '.', file_, problems_};
    inside(inner);
    inner.finish();
  }
  template <class T, class F>
  void named(std::string_view name, std::map<std::string, T>& to, const T& prototype, F inside) {
    const auto* tables = subtable(name);
    if (tables == nullptr) return;
    for (const auto& [key, node] : *tables) {
      const std::string chosen{key.str()};
      const auto* table = node.as_table();
      if (table == nullptr) {
        report(name, node, "must hold tables: [" + std::string{name} + ".NAME]");
        continue;
      }
      TomlReader inner{table, path_ + std::string{name} + '.' + chosen + '.', file_, problems_};
      inside(inner, to.insert_or_assign(chosen, prototype).first->second);
      inner.finish();
    }
  }
  /// Reports keys that nobody asked for.
  void finish();

 private:
  [[nodiscard]] const toml::node* find(std::string_view key);
  [[nodiscard]] const toml::table* subtable(std::string_view name);
  void report(std::string_view key, const toml::node& node, std::string what);

  const toml::table* table_;
  std::string path_;  ///< With a dot at its end, or empty.
  std::string file_;
  std::vector<Problem>& problems_;
  std::vector<std::string_view> known_;
};

/// Parses `text` and lets `inside` read the root table. Problems are sorted by place.
[[nodiscard]] std::vector<Problem> read_toml(std::string_view text, const std::string& file,
                                             const std::function<void(TomlReader&)>& inside);

}  // namespace dynascale::config
