#include "check/engine/scan_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "check/engine/aliases.hpp"
#include "check/syntax/kinds.hpp"
#include "check/syntax/scope.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/verdict.hpp"
#include "check/syntax/words.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t hits_per_file = 2000;
constexpr std::size_t renamed_calls = 200;
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

/// Whether what stands around a name leaves room for the match; most files need no parse after this.
bool may_fit(const FileContext& context, const SourceMatch& match, std::size_t offset, std::size_t size) {
  if (match.in_string || match.field || match.use == Use::empty) return true;
  const auto next = context.text.find_first_not_of(" \t\r\n", offset + size);
  const char after = next == std::string_view::npos ? '\0' : context.text[next];
  if (match.use == Use::assigned || match.use == Use::derived)
    return std::string_view{"=:{]'\""}.find(after) != std::string_view::npos;
  if (context.file.language != Language::c && context.file.language != Language::cpp) return true;
  const auto name = context.text.substr(offset, size);
  const bool constant = std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!constant && std::string_view{"(),"}.find(after) == std::string_view::npos) return false;
  const auto begin = context.text.rfind('\n', offset) + 1;
  const auto line = trim(context.text.substr(begin, offset - begin));
  return line.substr(0, 2) != "//" && line.substr(0, 2) != "* ";
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

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether a name ends with the rule's qualified one, at a component's border.
bool ends_as(std::string_view name, std::string_view wanted) {
  if (!name.ends_with(wanted)) return false;
  return name.size() == wanted.size() || !is_word(name[name.size() - wanted.size() - 1]);
}

/// Whether the name as written, or what the file's imports make of it, is the rule's.
bool name_fits(const Syntax& tree, const Chain& chain, const SourceEntry& entry, const std::vector<Alias>& aliases) {
  if (entry.match->in_string || entry.name.find('.') == std::string::npos) return true;
  const auto leaf = tree.text_of(chain.back());
  const auto written = qualifier_before(tree.text(), ts_node_start_byte(chain.back())) + std::string{leaf};
  if (ends_as(written, entry.name)) return true;
  auto begin = written.size();
  while (begin > 0 && (is_word(written[begin - 1]) || written[begin - 1] == '.')) --begin;
  const auto meanings = meanings_of(aliases, written.substr(begin));
  return std::any_of(meanings.begin(), meanings.end(),
                     [&](const auto& meaning) { return ends_as(meaning, entry.name); });
}

using Wanted = std::vector<std::pair<const SourceEntry*, std::size_t>>;

/// Calls by another name: `from os import cpu_count as n` and then `n()`.
void add_renamed(const FileContext& context, const LanguageIndex& index, const std::vector<Alias>& aliases,
                 Wanted& wanted) {
  for (const auto& alias : aliases) {
    const auto last = last_component(alias.target);
    if (last == alias.name || alias.name.size() < 2) continue;
    const auto& words = index.keywords->words();
    const auto word = std::find(words.begin(), words.end(), last);
    if (word == words.end()) continue;
    const auto call = alias.name + "(";
    std::size_t seen = 0;
    for (auto at = context.text.find(call); at != std::string_view::npos && seen < renamed_calls;
         at = context.text.find(call, at + 1), ++seen) {
      if (at > 0 && (is_word(context.text[at - 1]) || context.text[at - 1] == '.')) continue;
      for (const auto& entry : index.entries[static_cast<std::size_t>(word - words.begin())]) {
        if (!entry.match->in_string && file_fits(context, *entry.match)) wanted.emplace_back(&entry, at);
      }
    }
  }
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
               const std::vector<Alias>& aliases, Collector& out) {
  const auto chain = tree.chain_at(offset);
  if (!place_fits(tree, chain, *entry.match) || !name_fits(tree, chain, entry, aliases)) return;
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
  Wanted wanted;
  for (const auto& hit : hits) {
    const auto size = index.keywords->words()[hit.keyword].size();
    for (const auto& entry : index.entries[hit.keyword]) {
      if (may_fit(context, *entry.match, hit.offset, size) && file_fits(context, *entry.match))
        wanted.emplace_back(&entry, hit.offset);
    }
  }
  const auto aliases = aliases_in(context.file.language, context.text);
  add_renamed(context, index, aliases, wanted);
  if (wanted.empty()) return;
  const auto tree = Syntax::parse(context.file.language, context.text);
  if (!tree) return out.incident("DSC904", 0, tree.error().what, Level::warning);
  for (const auto& [entry, offset] : wanted) judge_hit(context, *tree, *entry, offset, aliases, out);
}

}  // namespace dynascale::check
