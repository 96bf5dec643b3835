#include "check/effective/config_file.hpp"

#include <algorithm>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t most_settings = 8192;
constexpr std::size_t most_includes = 256;
constexpr auto at_the_end = static_cast<std::uint32_t>(-1);

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// `!include FILE` and `!includedir FOLDER` of MySQL, which are no settings.
void add_mysql_includes(ConfigFile& file, std::string_view text) {
  const Lines lines{text};
  for (std::uint32_t number = 1; number <= lines.count() && file.includes.size() < most_includes; ++number) {
    const auto line = trim(lines.line(number));
    if (line.substr(0, 8) != "!include") continue;
    const bool folder = line.substr(0, 11) == "!includedir";
    const auto path = trim(line.substr(folder ? 11 : 8));
    if (!path.empty()) file.includes.push_back({std::string{path} + (folder ? "/*.cnf" : ""), number});
  }
}

void add_includes(ConfigFile& file) {
  for (const auto& setting : file.settings) {
    const auto key = lower(setting.key);
    if (setting.value.empty() || file.includes.size() >= most_includes) continue;
    if (key == "include" || key == "includeoptional" || key == "include_if_exists")
      file.includes.push_back({std::string{unquote(setting.value)}, setting.line});
    else if (key == "include_dir" && file.kind == ConfigKind::postgresql)
      file.includes.push_back({std::string{unquote(setting.value)} + "/*.conf", setting.line});
  }
}

/// Files that count without being named.
void add_implied(ConfigFile& file) {
  const std::string name{file_name(file.path)};
  const auto add = [&](std::string pattern) { file.includes.push_back({std::move(pattern), at_the_end}); };
  switch (file.kind) {
    case ConfigKind::postgresql:
      if (name == "postgresql.conf") add("postgresql.auto.conf");
      break;
    case ConfigKind::limits:
      if (name == "limits.conf") add("limits.d/*.conf");
      break;
    case ConfigKind::php:
      if (name == "php.ini") add("conf.d/*.ini");
      break;
    case ConfigKind::compose: {
      const auto dot = name.rfind('.');
      const auto stem = name.substr(0, dot);
      if (stem != "docker-compose" && stem != "compose") break;
      add(stem + ".override.yml");
      add(stem + ".override.yaml");
      break;
    }
    default:
      break;
  }
}

}  // namespace

bool spans_files(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::nginx:
    case ConfigKind::apache:
    case ConfigKind::php:
    case ConfigKind::postgresql:
    case ConfigKind::mysql:
    case ConfigKind::redis:
    case ConfigKind::haproxy:
    case ConfigKind::systemd:
    case ConfigKind::sysctl:
    case ConfigKind::limits:
    case ConfigKind::compose:
      return true;
    default:
      return false;
  }
}

ConfigFile config_file(std::string path, ConfigKind kind, std::string_view text) {
  ConfigFile file{std::move(path), kind, read_config(kind, text).settings, {}};
  if (file.settings.size() > most_settings) file.settings.resize(most_settings);
  if (kind == ConfigKind::mysql) add_mysql_includes(file, text);
  if (kind != ConfigKind::compose && kind != ConfigKind::systemd) add_includes(file);
  add_implied(file);
  return file;
}

}  // namespace dynascale::check
