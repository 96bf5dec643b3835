#include "core/config/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace dynascale::config {
namespace {

/// Larger is no configuration that a person wrote.
constexpr std::size_t max_text = 1U << 20U;

Problem syntax_problem(const std::string& file, const toml::parse_error& error) {
  return {.file = file,
          .line = error.source().begin.line,
          .column = error.source().begin.column,
          .key = {},
          .what = fmt::format("is not TOML: {}", error.description())};
}

}  // namespace

Scalar scalar_of(const toml::node& node) {
  Scalar scalar;
  if (const auto* text = node.as_string()) scalar.text = text->get();
  if (const auto* flag = node.as_boolean()) scalar.flag = flag->get();
  if (const auto* number = node.as_floating_point()) scalar.number = number->get();
  if (const auto* whole = node.as_integer()) {
    scalar.whole = whole->get();
    scalar.number = static_cast<double>(whole->get());
  }
  return scalar;
}

const toml::node* TomlReader::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return table_ == nullptr ? nullptr : table_->get(key);
}

const toml::table* TomlReader::subtable(std::string_view name) {
  const auto* node = find(name);
  if (node == nullptr) return nullptr;
  const auto* table = node->as_table();
  if (table == nullptr) report(name, *node, fmt::format("must be a table: [{}{}]", path_, name));
  return table;
}

void TomlReader::report(std::string_view key, const toml::node& node, std::string what) {
  const auto& begin = node.source().begin;
  problems_.push_back({.file = file_,
                       .line = begin.line,
                       .column = begin.column,
                       .key = path_ + std::string{key},
                       .what = std::move(what)});
}

void TomlReader::finish() {
  if (table_ == nullptr) return;
  for (const auto& [key, node] : *table_) {
    const auto name = key.str();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const auto meant = nearest(name, known_);
    const auto& begin = key.source().begin;
    problems_.push_back({.file = file_,
                         .line = begin.line,
                         .column = begin.column,
                         .key = path_ + std::string{name},
                         .what = meant.empty()
                                     ? "is an unknown key"
                                     : fmt::format("is an unknown key; did you mean '{}'?", meant)});
  }
}

std::vector<Problem> read_toml(std::string_view text, const std::string& file,
                               const std::function<void(TomlReader&)>& inside) {
  if (text.size() > max_text) return {{file, 0, 0, "", fmt::format("is longer than {} bytes", max_text)}};
  std::vector<Problem> problems;
  try {
    const auto table = toml::parse(text, file);
    TomlReader root{&table, "", file, problems};
    inside(root);
    root.finish();
  } catch (const toml::parse_error& error) {
    return {syntax_problem(file, error)};
  }
  std::sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column, a.key, a.what) < std::tie(b.line, b.column, b.key, b.what);
  });
  return problems;
}

}  // namespace dynascale::config
