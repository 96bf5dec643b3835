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
  return std::regex_search(text, *match.value);
}

bool place_fits(const FileContext& context, const SettingMatch& match, const Setting& setting) {
  const auto kind = setting.kind;
  if (!match.files.empty() && std::find(match.files.begin(), match.files.end(), kind) == match.files.end() &&
      !(kind == ConfigKind::compose &&
        std::find(match.files.begin(), match.files.end(), ConfigKind::yaml) != match.files.end())) {
    return false;
  }
  if (match.section && !std::regex_search(setting.section.substr(0, regex_bytes), *match.section))
    return false;
  return !match.path || std::regex_search(context.relative.substr(0, regex_bytes), *match.path);
}

/// A template's placeholder says nothing about the value.
bool is_placeholder(std::string_view value) {
  return value.find("{{") != std::string_view::npos || value.find("<%") != std::string_view::npos ||
         value.substr(0, 1) == "@";
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
  for (const auto& [rule, match] : matchers.settings_for(setting.key)) {
    if (!place_fits(context, *match, setting) || is_placeholder(setting.value)) continue;
    if (!value_fits(*match, setting.value)) continue;
    Hit hit;
    hit.rule = rule;
    hit.line = setting.line;
    hit.message = fmt::format("{}: {} = {}", rule->title, setting.key, printable(setting.value, 60));
    hit.level = match->level.value_or(rule->level);
    const auto bytes = parse_size(setting.value);
    if (rule->check == "heap-cap" && bytes && !match->level)
      hit.level = level_of_cap(*bytes, context.envelope);
    hit.grow = match->grow.value_or(rule->grow);
    hit.shrink = match->shrink.value_or(match->grow.value_or(rule->shrink));
    hit.component = setting_component(*match, setting);
    out.add(std::move(hit));
  }
}

namespace {

/// Whether the words before `at`, up to the last separator, belong to a build: `cd x && make -j$(nproc)`.
bool is_in_build(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  std::size_t begin = 0;
  for (const std::string_view separator : {"&& ", "; ", "| ", "|| "}) {
    const auto found = before.rfind(separator);
    if (found != std::string_view::npos) begin = std::max(begin, found + separator.size());
  }
  CommandText segment;
  segment.append(before.substr(begin), 0);
  return is_build_program(segment.program()) || segment.text.find(" -j") != std::string::npos ||
         segment.text.find("--jobs") != std::string::npos ||
         segment.text.find("parallel") != std::string::npos;
}

}  // namespace

void match_command(const FileContext& context, const Matchers& matchers, const CommandText& command,
                   Collector& out) {
  const auto program = command.program();
  const bool runs =
      command.text.find(" exec ") != std::string::npos;  // `bundle exec puma`, `stack exec server`.
  if ((is_build_program(program) && !runs) || is_reporting_program(program)) return;
  for (const auto& [rule, match] : matchers.commands()) {
    std::size_t at = std::string::npos;
    for (const auto& keyword : match->keywords) at = std::min(at, command.text.find(keyword));
    if (at == std::string::npos) continue;
    if (!match->programs.empty() &&
        std::find(match->programs.begin(), match->programs.end(), program) == match->programs.end()) {
      continue;
    }
    if (rule->question == 1 && is_in_build(command.text, at)) continue;
    // A window around the keyword: long command lines stay cheap.
    const auto begin = at > regex_bytes / 2 ? at - regex_bytes / 2 : 0;
    const auto window = command.text.substr(begin, regex_bytes);
    std::smatch found;
    if (!std::regex_search(window, found, match->words)) continue;
    Hit hit;
    hit.rule = rule;
    hit.line = command.line_at(begin + static_cast<std::size_t>(found.position(0)));
    // The place of the first group is the word itself when the rule marks one.
    if (found.size() > 1 && found[1].matched) {
      hit.line = command.line_at(begin + static_cast<std::size_t>(found.position(1)));
    }
    hit.message =
        fmt::format("{}: {}", rule->title,
                    printable(found.size() > 1 && found[1].matched ? found.str(1) : found.str(0), 80));
    hit.level = match->level.value_or(rule->level);
    hit.grow = match->grow.value_or(rule->grow);
    hit.shrink = match->shrink.value_or(match->grow.value_or(rule->shrink));
    hit.component = match->component.empty() ? std::string{program} : match->component;
    out.add(std::move(hit));
  }
  match_heap(context, matchers, command, out);
}

}  // namespace dynascale::check
