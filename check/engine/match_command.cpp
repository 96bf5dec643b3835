#include <fmt/format.h>

#include <algorithm>

#include "check/engine/match.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// std::regex recurses over its input: what it is given stays short.
constexpr std::size_t regex_bytes = 2048;
/// One rule's hits on one command line; a hostile one could hold thousands.
constexpr int hits_per_rule = 32;

/// MAVEN_OPTS="-Xmx2g": the heap of a build.
bool is_build_option(std::string_view command) {
  for (const std::string_view name : {"MAVEN_OPTS=", "GRADLE_OPTS=", "SBT_OPTS=", "ANT_OPTS=", "BAZEL_JAVAC_OPTS="}) {
    if (command.find(name) != std::string_view::npos) return true;
  }
  return false;
}

/// `bundle exec puma`, `stack exec server`, `cargo run`: a build tool that starts the program itself.
bool starts_program(std::string_view command) {
  return command.find(" exec ") != std::string_view::npos || command.find(" run ") != std::string_view::npos;
}

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
  if (starts_program(segment.text + " ")) return false;
  return is_build_program(segment.program()) || segment.text.find(" -j") != std::string::npos ||
         segment.text.find("--jobs") != std::string::npos ||
         segment.program() == "parallel" || segment.program() == "xargs";
}

std::size_t first_keyword(const CommandMatch& match, const std::string& text, std::size_t from) {
  std::size_t at = std::string::npos;
  for (const auto& keyword : match.keywords) at = std::min(at, text.find(keyword, from));
  return at;
}

/// Whether the file names some collector: `JAVA_OPTS="-XX:+UseZGC"`.
bool names_collector(std::string_view text) {
  constexpr std::string_view flag = "-XX:+Use";
  for (auto at = text.find(flag); at != std::string_view::npos; at = text.find(flag, at + 1)) {
    const auto name = text.substr(at + flag.size(), 40);
    const auto end = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    if (name.substr(0, std::min(end, name.size())).ends_with("GC")) return true;
  }
  return false;
}

/// A JVM takes its collector by the size of the machine at its start: 2 CPUs and 1792 MiB make a server.
bool is_born_a_server(const Envelope& least) {
  constexpr std::uint64_t server_bytes = std::uint64_t{1792} << 20;
  return least.min_cpus >= 2 && least.min_memory_bytes >= server_bytes;
}

/// What a script starts without `exec` may well be a tool that ends soon.
Level level_of_birth(const FileContext& context, const CommandText& command, Level level) {
  const bool script = context.file.language == Language::shell;
  return script && command.text.find("exec ") == std::string::npos ? Level::note : level;
}

void add_hit(const FileContext& context, const CommandEntry& entry, const CommandText& command, std::size_t offset,
             std::string_view words, Collector& out) {
  const auto& [rule, match] = entry;
  Hit hit;
  hit.rule = rule;
  hit.line = command.line_at(offset);
  hit.message = fmt::format("{}: {}", rule->title, printable(trim(words), 80));
  hit.level = match->level.value_or(rule->level);
  if (rule->check == "collector-at-birth") {
    const bool has_variables = command.text.find('$') != std::string::npos;
    if (is_born_a_server(context.envelope) || (has_variables && names_collector(context.text))) return;
    hit.level = level_of_birth(context, command, hit.level);
  }
  hit.grow = match->grow.value_or(rule->grow);
  hit.shrink = match->shrink.value_or(match->grow.value_or(rule->shrink));
  hit.component = match->component.empty() ? std::string{command.program()} : match->component;
  out.add(std::move(hit));
}

/// Every occurrence counts: each may stand on a line of its own.
void match_words(const FileContext& context, const CommandEntry& entry, const CommandText& command, Collector& out) {
  const auto& [rule, match] = entry;
  std::size_t from = 0;
  for (int hits = 0; hits < hits_per_rule; ++hits) {
    const auto at = first_keyword(*match, command.text, from);
    if (at == std::string::npos) return;
    if (rule->question == 1 && is_in_build(command.text, at)) {
      from = at + 1;
      continue;
    }
    // A window around the keyword: long command lines stay cheap.
    const auto begin = std::max(from, at > regex_bytes / 2 ? at - regex_bytes / 2 : 0);
    const auto window = command.text.substr(begin, regex_bytes);
    std::smatch found;
    if (!match->words->find_in(window, found)) return;
    // The place of the first group is the word itself when the rule marks one.
    const std::size_t group = found.size() > 1 && found[1].matched ? 1 : 0;
    const auto offset = begin + static_cast<std::size_t>(found.position(group));
    add_hit(context, entry, command, offset, found.str(group), out);
    from = offset + std::max<std::size_t>(1, static_cast<std::size_t>(found.length(group)));
  }
}

/// Whose setting `name=value` is: `mysqld --name=value` (in compose files the program is the image's own),
/// `postgres -c name=value`; else a variable of the environment.
ConfigKind kind_of_argument(std::string_view program, std::string_view text, std::size_t begin) {
  const bool dashes = text.substr(begin, 2) == "--";
  if (dashes && (program == "mysqld" || program == "mariadbd" || program == "mysqld_safe" || begin == 0 ||
                 text.substr(0, 2) == "--")) {
    return ConfigKind::mysql;
  }
  const bool option = begin >= 3 && text.substr(begin - 3, 3) == "-c ";
  return option && text.find("python") == std::string_view::npos ? ConfigKind::postgresql : ConfigKind::environment;
}

/// Like split_assignment, but names of server options may have dashes.
bool split_argument(std::string_view text, ConfigKind kind, std::string_view& name, std::string_view& value) {
  if (kind != ConfigKind::mysql) return split_assignment(text, name, value);
  const auto equals = text.find('=');
  name = text.substr(0, equals);
  value = text.substr(equals + 1);
  return equals != std::string_view::npos && !name.empty();
}

/// `env WEB_CONCURRENCY=4 puma`, `export OMP_NUM_THREADS=8 && run`: settings among the words.
void match_assignments(const FileContext& context, const Matchers& matchers, const CommandText& command,
                       Collector& out) {
  const std::string_view text = command.text;
  const auto program = command.program();
  int seen = 0;
  for (auto equals = text.find('='); equals != std::string_view::npos && seen < hits_per_rule;
       equals = text.find('=', equals + 1)) {
    const auto begin = text.find_last_of(" \"'(;", equals) + 1;
    std::string_view name;
    std::string_view value;
    auto rest = text.substr(begin, std::min(text.find_first_of(" ;&|)", equals), text.size()) - begin);
    const auto kind = kind_of_argument(program, text, begin);
    if (kind == ConfigKind::mysql) rest.remove_prefix(2);
    if (!split_argument(rest, kind, name, value)) continue;
    ++seen;
    match_setting(context, matchers,
                  {kind, {}, std::string{name}, std::string{unquote(value)}, command.line_at(begin)}, out);
  }
}

}  // namespace

void match_command(const FileContext& context, const Matchers& matchers, const CommandText& command,
                   Collector& out) {
  const auto program = command.program();
  const bool runs = starts_program(command.text);
  const bool edits = program == "sed" && command.text.find(" -i") != std::string::npos;
  if (is_build_option(command.text)) return;
  if ((is_build_program(program) && !runs) || (is_reporting_program(program) && !edits)) return;
  for (const auto& entry : matchers.commands()) {
    const auto& wanted = entry.match->programs;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), program) == wanted.end()) continue;
    match_words(context, entry, command, out);
  }
  match_assignments(context, matchers, command, out);
  match_heap(context, matchers, command, out);
}

}  // namespace dynascale::check
