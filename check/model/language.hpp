#pragma once
/// The programming languages that the scan reads as syntax trees, and the kinds of configuration it knows.

#include <cstdint>
#include <optional>
#include <string_view>

namespace dynascale::check {

enum class Language : std::uint8_t {
  c,
  cpp,
  python,
  java,
  kotlin,
  go,
  javascript,
  typescript,
  tsx,
  ruby,
  php,
  rust,
  csharp,
  shell,
  none
};
inline constexpr std::size_t language_count = static_cast<std::size_t>(Language::none);

/// The syntax of a configuration file and, where its name or content tells, whose it is.
enum class ConfigKind : std::uint8_t {
  none,
  nginx,
  apache,
  haproxy,
  redis,
  memcached,
  ini,
  mysql,
  postgresql,
  php,
  uwsgi,
  pgbouncer,
  properties,
  systemd,
  sysctl,
  limits,
  yaml,
  compose,
  dockerfile,
  environment,
  jvm_options,
  procfile,
  grub,
  json,
  erlang_args,
  go_mod,
  xml,
  batch,  ///< Scripts of Windows: cmd and PowerShell.
  sql
};

[[nodiscard]] std::string_view to_string(Language language);
[[nodiscard]] std::optional<Language> parse_language(std::string_view name);
[[nodiscard]] std::string_view to_string(ConfigKind kind);
[[nodiscard]] std::optional<ConfigKind> parse_config_kind(std::string_view name);

}  // namespace dynascale::check
