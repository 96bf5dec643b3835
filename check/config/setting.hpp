#pragma once
/// What configuration files say, whatever their syntax: settings and command lines, each with its place.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check/model/language.hpp"

namespace dynascale::check {

struct Setting {
  ConfigKind kind = ConfigKind::none;
  std::string section;  ///< "mysqld", "http.server", "services.web.deploy.resources.limits".
  std::string key;
  std::string value;
  std::uint32_t line = 0;
  bool embedded = false;  ///< From a file inside a file: its own kind is not known.
};

/// A command line or a value that may hold one, its words joined by single spaces.
struct CommandText {
  std::string text;
  std::vector<std::pair<std::size_t, std::uint32_t>> lines;  ///< Offset in `text` -> line, ascending.

  void append(std::string_view part, std::uint32_t line);
  /// One blank where there were several, and none at the ends: patterns tell words apart by one.
  void squeeze();
  [[nodiscard]] std::uint32_t line_at(std::size_t offset) const;
  /// Base name of the first word that is neither an assignment nor a wrapper such as `exec`.
  [[nodiscard]] std::string_view program() const;
};

struct ConfigText {
  std::vector<Setting> settings;
  std::vector<CommandText> commands;
  std::vector<CommandText> recipes;  ///< Run while an image is built: only what they write counts.
};

/// Reads a file of that kind. Never fails: what it does not understand it passes over. Linear time.
[[nodiscard]] ConfigText read_config(ConfigKind kind, std::string_view text);

/// `NAME=value` (an environment entry); nothing else. Returns false when `text` is not one.
[[nodiscard]] bool split_assignment(std::string_view text, std::string_view& name, std::string_view& value);

// One reader a syntax; see read_config.
[[nodiscard]] ConfigText read_nginx(std::string_view text);
[[nodiscard]] ConfigText read_equals(ConfigKind kind, std::string_view text);
[[nodiscard]] ConfigText read_words(ConfigKind kind, std::string_view text);
[[nodiscard]] ConfigText read_yaml(ConfigKind kind, std::string_view text);
[[nodiscard]] ConfigText read_dockerfile(std::string_view text);
[[nodiscard]] ConfigText read_systemd(std::string_view text);
[[nodiscard]] ConfigText read_lines(ConfigKind kind, std::string_view text);
[[nodiscard]] ConfigText read_xml(std::string_view text);
[[nodiscard]] ConfigText read_erlang_terms(std::string_view text);
[[nodiscard]] ConfigText read_batch(std::string_view text);
/// `ALTER SYSTEM SET name = value` of PostgreSQL, `SET GLOBAL name = value` of MySQL; all else says nothing.
[[nodiscard]] ConfigText read_sql(std::string_view text);

}  // namespace dynascale::check
