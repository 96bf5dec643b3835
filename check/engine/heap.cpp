#include <fmt/format.h>

#include "check/engine/match.hpp"
#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

struct Flag {
  std::size_t offset = 0;
  std::uint64_t bytes = 0;
  std::string text;
  bool found = false;
};

/// The last `-Xmx…` (or `-Xms…`) whose size is written out.
Flag last_flag(std::string_view text, std::string_view name) {
  Flag flag;
  for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + name.size())) {
    const auto rest = text.substr(at + name.size());
    const auto value = rest.substr(0, std::min(rest.find_first_not_of("0123456789kKmMgGtT"), rest.size()));
    if (const auto bytes = parse_size(value); bytes && *bytes > 0) {
      flag = {at, *bytes, std::string{name} + std::string{value}, true};
    }
  }
  return flag;
}

/// `-Xms${HEAP} -Xmx${HEAP}`: where the ceiling stands, npos when they differ.
std::size_t same_variable(std::string_view text) {
  const auto floor = text.find("-Xms$");
  const auto ceiling = text.find("-Xmx$");
  if (floor == std::string_view::npos || ceiling == std::string_view::npos) return std::string_view::npos;
  const auto name = [&](std::size_t at) {
    const auto rest = text.substr(at + 4);
    return rest.substr(0, std::min(rest.find_first_of(" \"'\t"), rest.size()));
  };
  return name(floor) == name(ceiling) ? ceiling : std::string_view::npos;
}

void add(const Rule* rule, Level level, const CommandText& command, const Flag& flag, std::string message,
         Collector& out) {
  if (rule == nullptr) return;
  Hit hit;
  hit.rule = rule;
  hit.line = command.line_at(flag.offset);
  hit.message = std::move(message);
  hit.level = level;
  hit.grow = rule->grow;
  hit.shrink = rule->shrink;
  hit.component = "jvm";
  out.add(std::move(hit));
}

}  // namespace

void match_heap(const FileContext& context, const Matchers& matchers, const CommandText& command,
                Collector& out) {
  if (command.text.find("-Xm") == std::string::npos) return;
  if (const auto at = same_variable(command.text); at != std::string::npos) {
    const auto* rule = matchers.rule_with_check("heap-floor");
    if (rule != nullptr)
      add(rule, rule->level, command, {at, 0, {}, true}, fmt::format("{}: both from one variable", rule->title), out);
  }
  const auto floor = last_flag(command.text, "-Xms");
  const auto ceiling = last_flag(command.text, "-Xmx");
  if (!ceiling.found) return;
  if (floor.found && floor.bytes >= ceiling.bytes) {
    const auto* rule = matchers.rule_with_check("heap-floor");
    if (rule == nullptr) return;
    const auto message = fmt::format("{}: {} {}", rule->title, floor.text, ceiling.text);
    add(rule, rule->level, command, ceiling, message, out);
    if (command.line_at(floor.offset) != command.line_at(ceiling.offset))
      add(rule, rule->level, command, floor, message, out);
    return;
  }
  const auto* rule = matchers.rule_with_check("heap-cap");
  if (rule == nullptr) return;
  add(rule, level_of_cap(ceiling.bytes, context.envelope), command, ceiling,
      fmt::format("{}: {}", rule->title, ceiling.text), out);
}

}  // namespace dynascale::check
