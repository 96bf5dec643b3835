#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "check/engine/match.hpp"
#include "check/engine/match_written.hpp"
#include "check/engine/scan_source.hpp"
#include "check/syntax/kinds.hpp"
#include "check/syntax/tree.hpp"
#include "check/syntax/words.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t script_bytes = std::size_t{1} << 20;
constexpr std::size_t looks_per_file = 500;

/// The outermost command or assignment around the byte: where the answer of a substitution is used.
std::optional<TSNode> statement_at(const Chain& chain) {
  std::optional<TSNode> found;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const auto type = type_of(chain[i]);
    if (is_comment(type) || type == "heredoc_body" || type == "test_command" || type == "case_item_pattern")
      return std::nullopt;
    if (type == "command" || type == "variable_assignment" || type == "declaration_command") found = chain[i];
    const bool wall = type == "compound_statement" || type == "do_group" || type == "function_definition" ||
                      type == "if_statement" || type == "for_statement" || type == "case_item" ||
                      type == "while_statement";
    if (wall) break;
  }
  return found;
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
  const auto is_word = [&](std::size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_');
  };
  return !(at > 0 && is_word(at - 1)) && !is_word(at + size);
}

/// `-j4`, `-j $N`, `-j"$N"`; not `-jar`.
bool asks_for_jobs(std::string_view line) {
  const auto at = line.find("-j");
  if (at == std::string_view::npos) return false;
  const char next = at + 2 < line.size() ? line[at + 2] : ' ';
  return std::isalpha(static_cast<unsigned char>(next)) == 0;
}

/// JOBS=$(nproc) and the like: parallelism of a build, or a number that is only compared and shown.
bool is_build_variable(const Syntax& tree, TSNode statement) {
  std::string_view name;
  std::string_view value;
  auto text = tree.text_of(statement);
  for (const std::string_view prefix : {"export ", "local ", "readonly ", "declare "}) {
    if (text.substr(0, prefix.size()) == prefix) text = trim(text.substr(prefix.size()));
  }
  if (!split_assignment(text, name, value)) return false;
  if (value.find("$(") == std::string_view::npos && value.find('`') == std::string_view::npos) return false;
  const auto upper = lower(name);
  for (const auto* part :
       {"jobs", "makeflags", "make_", "ninja", "build", "compile", "_flags", "makeopts", "njob"}) {
    if (upper.find(part) != std::string::npos) return true;
  }
  if (tree.text_of(statement).substr(0, 7) == "export ") return false;
  // Every later use on a line of a build tool, or one that only compares and shows.
  const auto all = tree.text();
  bool used = false;
  const auto end = ts_node_end_byte(statement);
  for (auto at = all.find(name); at != std::string_view::npos; at = all.find(name, at + 1)) {
    const bool own = at >= ts_node_start_byte(statement) && at < end;
    if (own || !stands_alone(all, at, name.size())) continue;
    const auto begin = all.rfind('\n', at) + 1;
    const auto line = all.substr(begin, std::min(all.find('\n', at), all.size()) - begin);
    const auto trimmed = trim(line);
    const bool gate = trimmed.substr(0, 3) == "if " || trimmed.substr(0, 5) == "elif " ||
                      trimmed.substr(0, 1) == "[" || trimmed.substr(0, 4) == "echo" ||
                      trimmed.substr(0, 6) == "printf" || trimmed.substr(0, 3) == "log";
    const bool build =
        gate || line.find("make") != std::string_view::npos || line.find("ninja") != std::string_view::npos ||
        asks_for_jobs(line) || line.find("build") != std::string_view::npos;
    if (!build) return false;
    used = true;
  }
  return used;
}

CommandText command_of(const FileContext& context, const Syntax& tree, TSNode statement) {
  CommandText command;
  const auto text = tree.text_of(statement);
  const auto begin = ts_node_start_byte(statement);
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\\') line.remove_suffix(1);
    command.append(line, context.lines.line_of(begin + at));
    at = end + 1;
  }
  return command;
}

void look_at(const FileContext& context, const Matchers& matchers, const Syntax& tree, TSNode statement,
             Collector& out) {
  if (is_build_variable(tree, statement)) return;
  const auto command = command_of(context, tree, statement);
  auto text = std::string_view{command.text};
  if (text.substr(0, 7) == "export ") text.remove_prefix(7);
  std::string_view name;
  std::string_view value;
  if (type_of(statement) != "command" && split_assignment(text, name, value)) {
    match_setting(context, matchers,
                  {ConfigKind::environment,
                   {},
                   std::string{name},
                   std::string{unquote(trim(value))},
                   command.line_at(0)},
                  out);
  }
  match_command(context, matchers, command, out);
}

/// What a script writes into configuration: the whole statement with its redirection, or a line of a here-document.
void look_at_written(const FileContext& context, const Matchers& matchers, const Syntax& tree, std::size_t offset,
                     std::set<std::uint32_t>& seen, Collector& out) {
  const auto chain = tree.chain_at(offset);
  std::optional<TSNode> statement;
  bool heredoc = false;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const auto type = type_of(chain[i]);
    if (is_comment(type)) return;
    heredoc = heredoc || type == "heredoc_body";
    if (type == "command" || type == "redirected_statement" || type == "pipeline") statement = chain[i];
    if (type == "compound_statement" || type == "do_group" || type == "if_statement") break;
  }
  const auto number = context.lines.line_of(offset);
  if (heredoc) {
    const auto body = std::find_if(chain.begin(), chain.end(), [](TSNode n) { return type_of(n) == "heredoc_body"; });
    const auto opener = context.lines.line_of(ts_node_start_byte(*body) - 1);
    match_heredoc(context, matchers, context.lines.line(opener), context.lines.line(number), number, out);
  } else if (statement && seen.insert(ts_node_start_byte(*statement)).second) {
    match_written(context, matchers, command_of(context, tree, *statement), out);
  }
}

}  // namespace

void scan_shell(const FileContext& context, const Matchers& matchers, Collector& out) {
  if (context.text.size() > script_bytes)
    return out.incident("DSC904", 0, "script larger than 1 MiB: not parsed", Level::note);
  std::vector<std::size_t> offsets;
  for (const auto& keyword : matchers.command_keywords()) {
    for (auto at = context.text.find(keyword); at != std::string_view::npos;
         at = context.text.find(keyword, at + keyword.size())) {
      offsets.push_back(at);
      if (offsets.size() > looks_per_file) break;
    }
  }
  const auto written = matchers.setting_keywords().find(context.text, looks_per_file);
  if (offsets.empty() && written.empty()) return;
  const auto tree = Syntax::parse(Language::shell, context.text);
  if (!tree) return out.incident("DSC904", 0, tree.error().what, Level::warning);
  // `mysqld --innodb-buffer-pool-size=1G`
  for (const auto& hit : written) {
    if (context.text.substr(std::max<std::size_t>(hit.offset, 2) - 2, 2) == "--") offsets.push_back(hit.offset);
  }
  std::sort(offsets.begin(), offsets.end());
  std::set<std::uint32_t> seen;
  for (const auto offset : offsets) {
    const auto statement = statement_at(tree->chain_at(offset));
    if (statement && seen.insert(ts_node_start_byte(*statement)).second)
      look_at(context, matchers, *tree, *statement, out);
  }
  seen.clear();
  for (const auto& hit : written) look_at_written(context, matchers, *tree, hit.offset, seen, out);
}

}  // namespace dynascale::check
