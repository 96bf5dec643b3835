#include <algorithm>
#include <map>

#include "check/engine/match.hpp"
#include "check/engine/match_written.hpp"
#include "check/engine/scan_source.hpp"

namespace dynascale::check {
namespace {

/// In these formats the last assignment of a key is the one that counts.
bool last_wins(ConfigKind kind) {
  switch (kind) {
    case ConfigKind::mysql:
    case ConfigKind::postgresql:
    case ConfigKind::php:
    case ConfigKind::redis:
    case ConfigKind::properties:
    case ConfigKind::sysctl:
    case ConfigKind::environment:
    case ConfigKind::pgbouncer:
      return true;
    default:
      return false;
  }
}

void keep_effective(ConfigText& config) {
  std::map<std::pair<std::string, std::string>, std::size_t> last;
  for (std::size_t i = 0; i < config.settings.size(); ++i) {
    last[{config.settings[i].section, config.settings[i].key}] = i;
  }
  std::vector<Setting> effective;
  for (std::size_t i = 0; i < config.settings.size(); ++i) {
    auto& setting = config.settings[i];
    if (last[{setting.section, setting.key}] == i) effective.push_back(std::move(setting));
  }
  config.settings = std::move(effective);
}

constexpr std::size_t config_bytes = std::size_t{4} << 20;

}  // namespace

void scan_config(const FileContext& context, const Matchers& matchers, Collector& out) {
  if (context.text.size() > config_bytes) {
    if (context.file.config == ConfigKind::sql || context.file.config == ConfigKind::json) return;  // Data.
    return out.incident("DSC904", 0, "configuration larger than 4 MiB: not read", Level::note);
  }
  auto config = read_config(context.file.config, context.text);
  if (last_wins(context.file.config)) keep_effective(config);
  for (const auto& setting : config.settings) match_setting(context, matchers, setting, out);
  for (const auto& recipe : config.recipes) match_written(context, matchers, recipe, out);
  const auto& words = matchers.command_keywords();
  const auto occurs = [&](const std::string& word) { return context.text.find(word) != std::string_view::npos; };
  const bool bare_flags = context.file.config == ConfigKind::memcached;  // The file does not name the program.
  if (!bare_flags && std::none_of(words.begin(), words.end(), occurs)) return;
  for (const auto& command : config.commands) match_command(context, matchers, command, out);
}

}  // namespace dynascale::check
