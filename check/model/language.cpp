#include "check/model/language.hpp"

#include <algorithm>
#include <array>

namespace dynascale::check {
namespace {

constexpr std::array<std::string_view, language_count + 1> languages{
    "c",   "cpp",  "python", "java", "kotlin", "go",    "javascript", "typescript",
    "tsx", "ruby", "php",    "rust", "csharp", "shell", "none"};
constexpr std::array<std::string_view, 29> kinds{
    "none",     "nginx",      "apache", "haproxy",     "redis",      "memcached",   "ini",
    "mysql",    "postgresql", "php",    "uwsgi",       "pgbouncer",  "properties",  "systemd",
    "sysctl",   "limits",     "yaml",   "compose",     "dockerfile", "environment", "jvm_options",
    "procfile", "grub",       "json",   "erlang_args", "go_mod",      "xml", "batch", "sql"};

template <class Enum, class Names>
std::optional<Enum> find(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(Language language) {
  return languages[static_cast<std::size_t>(language)];
}
std::optional<Language> parse_language(std::string_view name) {
  return find<Language>(languages, name);
}
std::string_view to_string(ConfigKind kind) {
  return kinds[static_cast<std::size_t>(kind)];
}
std::optional<ConfigKind> parse_config_kind(std::string_view name) {
  return find<ConfigKind>(kinds, name);
}

}  // namespace dynascale::check
