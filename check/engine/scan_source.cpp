#include "check/engine/scan_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/syntax/kinds.hpp"
#include "check/syntax/scope.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/verdict.hpp"
#include "check/syntax/words.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t hits_per_file = 2000;
constexpr std::size_t parse_bytes = std::size_t{4} << 20;

bool contains_any(std::string_view text, const std::vector<std::string>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const auto& part) { return text.find(part) != std::string_view::npos; });
}

bool file_fits(const FileContext& context, const SourceMatch& match) {
  if (!match.file.empty() && !contains_any(context.text, match.file)) return false;
  if (!match.not_file.empty() && contains_any(context.text, match.not_file)) return false;
  return !match.path || match.path->occurs_in(context.relative.substr(0, 1024));
}

/// The qualifier written before `start`, separators as '.': "std::thread::" -> "std.thread.". White space
/// counts only next to a separator, as in a chain of calls over several lines.
std::string qualifier_before(std::string_view text, std::size_t start) {
  constexpr std::size_t longest = 160;
  constexpr std::string_view blank = " \t\r\n";
  std::string reversed;
  for (auto i = start; i > 0 && start - i < longest;) {
    const char c = text[--i];
    const char before = i > 0 ? text[i - 1] : '\0';
    if (blank.find(c) != std::string_view::npos) {
      const auto previous = text.substr(0, i).find_last_not_of(blank);
      const char left = previous == std::string_view::npos ? '\0' : text[previous];
      const bool joined = (!reversed.empty() && reversed.back() == '.') || left == '.' || left == ':';
      if (!joined || previous == std::string_view::npos) break;
      i = previous + 1;
    } else if ((c == ':' && before == ':') || (c == '>' && before == '-')) {
      reversed.push_back('.');
      --i;
    } else if (c == '\\') {
      reversed.push_back('.');
    } else if (c != '?') {
      reversed.push_back(c);
    }
  }
  return {reversed.rbegin(), reversed.rend()};
}

/// Whether the name as written ends with the rule's qualified name, at a component's border.
bool name_fits(const Syntax& tree, const Chain& chain, const SourceEntry& entry) {
  if (entry.match->in_string || entry.name.find('.') == std::string::npos) return true;
  auto written = qualifier_before(tree.text(), ts_node_start_byte(chain.back()));
  const auto last = last_component(entry.name);
  const auto wanted = std::string_view{entry.name}.substr(0, entry.name.size() - last.size());
  if (written.size() < wanted.size() || written.substr(written.size() - wanted.size()) != wanted)
    return false;
  const auto border = written.size() - wanted.size();
  const auto left = border == 0 ? '.' : written[border - 1];
  return !((left >= 'a' && left <= 'z') || (left >= 'A' && left <= 'Z') || (left >= '0' && left <= '9') ||
           left == '_');
}

/// The whole string literal around the chain's leaf, quotes included.
std::string literal_of(const Syntax& tree, const Chain& chain) {
  auto node = chain.back();
  for (std::size_t i = chain.size(); i-- > 0 && (is_string(type_of(chain[i])) || i + 1 == chain.size());)
    node = chain[i];
  return std::string{tree.text_of(node).substr(0, 200)};
}

bool place_fits(const Syntax& tree, const Chain& chain, const SourceMatch& match) {
  if (match.receiver) {
    const auto before = qualifier_before(tree.text(), ts_node_start_byte(chain.back()));
    if (!match.receiver->occurs_in(before)) return false;
  }
  if (!match.in_string) return is_name_in_use(tree, chain);
  if (!is_in_string(chain) || is_in_comment(chain)) return false;
  return !match.text || match.text->occurs_in(literal_of(tree, chain));
}

std::string component_of(const FileContext& context, const SourceMatch& match) {
  if (!match.component.empty()) return match.component;
  return fmt::format("{} code", to_string(context.file.language));
}

/// A number written out in an example stands for itself, not for a machine.
bool is_example_literal(const FileContext& context, const SourceMatch& match) {
  if (match.use != Use::assigned && match.use != Use::sized) return false;
  const auto path = "/" + lower(context.relative);
  return path.find("/example") != std::string::npos || path.find("/sample") != std::string::npos;
}

void judge_hit(const FileContext& context, const Syntax& tree, const SourceEntry& entry, std::size_t offset,
               Collector& out) {
  const auto chain = tree.chain_at(offset);
  if (!place_fits(tree, chain, *entry.match) || !name_fits(tree, chain, entry)) return;
  if (!context.include_tests && is_inline_test(tree, chain)) return;
  const auto verdict = judge_use(tree, chain, *entry.match);
  if (!verdict) return;
  const auto& rule = *entry.rule;
  Hit hit;
  hit.rule = &rule;
  hit.line = context.lines.line_of(offset);
  hit.column = context.lines.column_of(offset);
  hit.message = verdict->because.empty()
                    ? fmt::format("{}: {}", entry.name, rule.title)
                    : fmt::format("{}: {} is {}", rule.title, entry.name, verdict->because);
  hit.level = verdict->bounded || is_example_literal(context, *entry.match)
                  ? Level::note
                  : entry.match->level.value_or(rule.level);
  hit.grow = rule.grow;
  hit.shrink = rule.shrink;
  hit.component = component_of(context, *entry.match);
  out.add(std::move(hit));
}

}  // namespace

void scan_source(const FileContext& context, const Matchers& matchers, Collector& out) {
  const auto& index = matchers.language(context.file.language);
  const auto hits = index.keywords->find(context.text, hits_per_file);
  if (hits.empty()) return;
  if (context.text.size() > parse_bytes) {
    return out.incident("DSC904", 0, "larger than 4 MiB: not parsed", Level::note);
  }
  std::vector<std::pair<const SourceEntry*, std::size_t>> wanted;
  for (const auto& hit : hits) {
    for (const auto& entry : index.entries[hit.keyword]) {
      if (file_fits(context, *entry.match)) wanted.emplace_back(&entry, hit.offset);
    }
  }
  if (wanted.empty()) return;
  const auto tree = Syntax::parse(context.file.language, context.text);
  if (!tree) return out.incident("DSC904", 0, tree.error().what, Level::warning);
  for (const auto& [entry, offset] : wanted) judge_hit(context, *tree, *entry, offset, out);
}

}  // namespace dynascale::check
