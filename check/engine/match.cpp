#include "check/engine/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

/// std::regex recurses over its input: what it is given stays short.
constexpr std::size_t regex_bytes = 2048;

constexpr auto build_programs = std::to_array<std::string_view>({"make",         "gmake",
                                                                 "ninja",        "cmake",
                                                                 "ctest",        "cargo",
                                                                 "bundle",       "pip",
                                                                 "pip3",         "npm",
                                                                 "yarn",         "pnpm",
                                                                 "mvn",          "mvnw",
                                                                 "gradle",       "gradlew",
                                                                 "bazel",        "scons",
                                                                 "meson",        "b2",
                                                                 "bjam",         "dpkg-buildpackage",
                                                                 "rpmbuild",     "xz",
                                                                 "zstd",         "pigz",
                                                                 "pbzip2",       "tar",
                                                                 "sbt",          "msbuild",
                                                                 "dotnet-build", "bear",
                                                                 "ccache",       "go",
                                                                 "rustc",        "ant",
                                                                 "lein",         "stack",
                                                                 "cabal",        "rebar3",
                                                                 "mix",          "docker-php-ext-install",
                                                                 "emmake",       "cpack",
                                                                 "waf",          "pytest",
                                                                 "tox",          "luarocks",
                                                                 "apt-get",      "phpize",
                                                                 "pecl",         "configure",
                                                                 "catkin_make",  "colcon",
                                                                 "swift",        "nproc"});
constexpr auto report_programs = std::to_array<std::string_view>(
    {"echo", "printf", "print",  "log",  "log_info", "info", "warn",     "die",   "error", "test",
     "[",    "[[",     "logger", "cat",  "grep",     "if",   "while",    "lscpu", "free",  "awk",
     "say",  "debug",  "msg",    "read", "expr",     "case", "function", "elif",  "sed",   "ps"});

template <std::size_t N>
bool in_list(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_true(std::string_view value) {
  const auto text = lower(trim(value));
  return text == "on" || text == "yes" || text == "true" || text == "1" || text == "enabled" ||
         text == "always";
}

bool is_false(std::string_view value) {
  const auto text = lower(trim(value));
  return text == "off" || text == "no" || text == "false" || text == "0" || text == "disabled" ||
         text == "never";
}

bool value_fits(const SettingMatch& match, std::string_view value) {
  const auto first = trim(value.substr(0, value.find_first_of(" \t")));
  switch (match.test) {
    case ValueTest::any:
      return !value.empty();
    case ValueTest::number:
      return parse_number(first).value_or(0) > 0;
    case ValueTest::size:
      return parse_size(first).value_or(0) > 0;
    case ValueTest::on:
      return is_true(first);
    case ValueTest::off:
      return is_false(first);
    case ValueTest::nonzero:
      return !is_false(first) && !first.empty();
    case ValueTest::matches:
      break;
  }
  const std::string text{value.substr(0, regex_bytes)};
  return match.value->occurs_in(text);
}

bool place_fits(const FileContext& context, const SettingMatch& match, const Setting& setting) {
  const auto kind = setting.kind;
  // Inside a file of another kind only a name of some length says whose it is.
  const bool telling =
      setting.embedded && setting.key.size() >= 8 && setting.key.find_first_of("_.-") != std::string::npos;
  const auto allows = [&](ConfigKind wanted) {
    return std::find(match.files.begin(), match.files.end(), wanted) != match.files.end();
  };
  const bool fits = match.files.empty() || telling || allows(kind) ||
                    (kind == ConfigKind::compose && allows(ConfigKind::yaml));
  if (!fits) return false;
  if (match.section && !match.section->occurs_in(setting.section.substr(0, regex_bytes))) return false;
  return !match.path || match.path->occurs_in(context.relative.substr(0, regex_bytes));
}

/// A template's placeholder says nothing about the value.
bool is_placeholder(std::string_view value) {
  return value.find("{{") != std::string_view::npos || value.find("<%") != std::string_view::npos ||
         value.substr(0, 1) == "@";
}

/// `{{ getenv "WORKERS" "4" }}`, `{{ workers | default(4) }}`: what stands there when nobody says otherwise; the
/// placeholder itself when that is no plain word.
std::string_view default_of_template(std::string_view value) {
  const auto inner = trim(value.substr(2, value.size() - 4));
  std::string_view word;
  // A fact that is always there leaves no room for the default.
  if (inner.find("ansible_") != std::string_view::npos) return value;
  const auto filter = std::min(inner.find("default"), inner.find("| d("));
  if (filter != std::string_view::npos) {
    word = trim(inner.substr(filter + (inner[filter] == '|' ? 3 : 7)));
    if (word.substr(0, 1) == "(") word = trim(word.substr(1));
    word = word.substr(0, word.find_first_of(",)| "));
  } else if (inner.substr(0, 6) == "getenv") {
    const auto end = inner.rfind('"');
    const auto begin = end == std::string_view::npos || end == 0 ? end : inner.rfind('"', end - 1);
    if (begin != std::string_view::npos) word = inner.substr(begin, end + 1 - begin);
  }
  const bool quoted = word.size() > 2 && (word.front() == '"' || word.front() == '\'');
  word = unquote(word);
  const bool plain = !word.empty() && (quoted || (word.front() >= '0' && word.front() <= '9'));
  return plain ? word : value;
}

/// `${WORKERS:-4}`, and Spring's `${WORKERS:4}`, say 4 where nothing else is said.
std::string_view default_of(std::string_view value) {
  if (value.substr(0, 2) == "{{" && value.ends_with("}}") && value.find("}}") == value.size() - 2)
    return default_of_template(value);
  if (value.substr(0, 2) != "${" || value.empty() || value.back() != '}') return value;
  const auto mark = value.find_first_of(":-");
  if (mark == std::string_view::npos || value.find_first_of("}$", 2) != value.size() - 1) return value;
  const auto begin = mark + (value.substr(mark, 2) == ":-" ? 2 : 1);
  return value.substr(begin, value.size() - begin - 1);
}

/// MySQL takes innodb-purge-threads for innodb_purge_threads, and loose-… for what it may not know.
std::string mysql_name(std::string key) {
  std::replace(key.begin(), key.end(), '-', '_');
  return key.substr(0, 6) == "loose_" ? key.substr(6) : key;
}

/// `mysql_key_buffer_size` of a playbook, PHP_MEMORY_LIMIT of an image: the setting of the application that the name
/// begins with. Nothing for other names.
std::optional<Setting> prefixed(const Setting& setting) {
  constexpr auto prefixes = std::to_array<std::pair<std::string_view, ConfigKind>>(
      {{"mysql_", ConfigKind::mysql},
       {"mariadb_", ConfigKind::mysql},
       {"postgresql_", ConfigKind::postgresql},
       {"postgres_", ConfigKind::postgresql},
       {"nginx_", ConfigKind::nginx},
       {"redis_", ConfigKind::redis},
       {"php_fpm_", ConfigKind::php},
       {"php_", ConfigKind::php}});
  const auto kind = setting.kind;
  if (kind != ConfigKind::yaml && kind != ConfigKind::compose && kind != ConfigKind::environment) return std::nullopt;
  const auto key = lower(setting.key);
  for (const auto& [prefix, application] : prefixes) {
    if (key.substr(0, prefix.size()) != prefix) continue;
    auto rest = key.substr(prefix.size());
    // PHP's names have a dot: opcache_memory_consumption, pm_max_children.
    const auto group = rest.find('_');
    const bool dotted = rest.substr(0, 8) == "opcache_" || rest.substr(0, 3) == "pm_" || rest.substr(0, 4) == "apc_";
    if (application == ConfigKind::php && dotted) rest[group] = '.';
    return Setting{application, {}, std::move(rest), setting.value, setting.line};
  }
  return std::nullopt;
}

std::string setting_component(const SettingMatch& match, const Setting& setting) {
  return match.component.empty() ? std::string{to_string(setting.kind)} : match.component;
}

}  // namespace

bool is_build_program(std::string_view program) {
  return in_list(build_programs, program);
}
bool is_reporting_program(std::string_view program) {
  return in_list(report_programs, program);
}

Level level_of_cap(std::uint64_t bytes, const Envelope& envelope) {
  return bytes < envelope.max_memory_bytes / 4 ? Level::warning : Level::note;
}

void match_setting(const FileContext& context, const Matchers& matchers, const Setting& setting,
                   Collector& out) {
  if (const auto application = prefixed(setting)) match_setting(context, matchers, *application, out);
  const auto key = setting.kind == ConfigKind::mysql ? mysql_name(setting.key) : setting.key;
  const auto value = default_of(setting.value);
  auto entries = matchers.settings_for(key);
  const bool nests = setting.kind == ConfigKind::yaml || setting.kind == ConfigKind::compose;
  if (nests && !setting.section.empty()) {
    // `server: tomcat: threads: max: 8` is the property server.tomcat.threads.max.
    const auto more = matchers.settings_for(setting.section + "." + setting.key);
    entries.insert(entries.end(), more.begin(), more.end());
  }
  for (const auto& [rule, match] : entries) {
    if (!place_fits(context, *match, setting) || (is_placeholder(value) && !match->computed)) continue;
    if (!value_fits(*match, value)) continue;
    Hit hit;
    hit.rule = rule;
    hit.line = setting.line;
    hit.message = fmt::format("{}: {} = {}", rule->title, setting.key, printable(setting.value, 60));
    hit.level = match->level.value_or(rule->level);
    const auto bytes = parse_size(value);
    if (rule->check == "heap-cap" && bytes && !match->level)
      hit.level = level_of_cap(*bytes, context.envelope);
    hit.grow = match->grow.value_or(rule->grow);
    hit.shrink = match->shrink.value_or(match->grow.value_or(rule->shrink));
    hit.component = setting_component(*match, setting);
    out.add(std::move(hit));
  }
}

}  // namespace dynascale::check
