#include "check/engine/match_written.hpp"

#include <algorithm>
#include <array>

#include "check/engine/match.hpp"
#include "check/files/classify.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr int most_literals = 200;

/// A quoted text of the command, and where it begins.
struct Literal {
  std::string_view text;
  std::size_t begin = 0;
};

/// The next text in quotes from `from` on; empty at the end.
Literal next_literal(std::string_view command, std::size_t from) {
  const auto open = command.find_first_of("\"'", from);
  if (open == std::string_view::npos) return {};
  const auto close = command.find(command[open], open + 1);
  if (close == std::string_view::npos) return {};
  return {command.substr(open + 1, close - open - 1), open + 1};
}

/// What `s/old/new/` puts in place of the old; empty for another text.
Literal replacement_of(Literal literal) {
  const auto text = literal.text;
  const auto s = text.find('s');
  if (s == std::string_view::npos || s + 1 >= text.size() || s > 40) return {};
  const char mark = text[s + 1];
  if (std::string_view{"/|#,@!~:%"}.find(mark) == std::string_view::npos) return {};
  const auto middle = text.find(mark, s + 2);
  const auto end = middle == std::string_view::npos ? middle : text.find(mark, middle + 1);
  if (end == std::string_view::npos) return {};
  return {text.substr(middle + 1, end - middle - 1), literal.begin + middle + 1};
}

/// The file that the command writes, told by its name: the last word that names a configuration.
ConfigKind target_of(std::string_view command) {
  ConfigKind kind = ConfigKind::none;
  std::size_t at = 0;
  while (at < command.size()) {
    const auto begin = command.find_first_not_of(" \"';|>{}()&", at);
    if (begin == std::string_view::npos) break;
    at = std::min(command.find_first_of(" \"';|>{}()&", begin), command.size());
    const auto word = command.substr(begin, at - begin);
    if (word.find('/') == std::string_view::npos || word.size() > 256) continue;
    const auto found = config_kind_of(word);
    if (found != ConfigKind::none) kind = found;
  }
  return kind;
}

/// Settings of one line as a file of that kind would hold it; of an unknown kind only names that tell.
void judge_line(const FileContext& context, const Matchers& matchers, ConfigKind kind, std::string_view line,
                std::uint32_t number, Collector& out) {
  auto text = trim(line);
  if (text.empty() || text.front() == '#' || text.front() == ';') return;
  const bool nginx = text.back() == ';' && text.find('=') == std::string_view::npos;
  const bool known = kind != ConfigKind::none;
  auto config = read_config(known ? kind : nginx ? ConfigKind::nginx : ConfigKind::ini, text);
  for (auto& setting : config.settings) {
    setting.line = number;
    setting.embedded = !known && !nginx;
    match_setting(context, matchers, setting, out);
  }
}

/// `echo "a=1\nb=2"`, `printf 'a = 1\n'`: each line of its own.
void judge_text(const FileContext& context, const Matchers& matchers, ConfigKind kind, Literal literal,
                const CommandText& command, Collector& out) {
  auto rest = literal.text;
  std::size_t offset = literal.begin;
  while (!rest.empty()) {
    const auto end = std::min(rest.find("\\n"), rest.size());
    judge_line(context, matchers, kind, rest.substr(0, end), command.line_at(offset), out);
    const auto next = std::min(end + 2, rest.size());
    offset += next;
    rest.remove_prefix(next);
  }
}

/// `psql -c "ALTER SYSTEM SET …"`, a here-document for mysql.
void judge_sql(const FileContext& context, const Matchers& matchers, std::string_view line, std::uint32_t number,
               Collector& out) {
  for (auto& setting : read_config(ConfigKind::sql, line).settings) {
    setting.line = number;
    match_setting(context, matchers, setting, out);
  }
}

bool edits_in_place(std::string_view command) {
  const auto sed = command.find("sed ");
  return sed != std::string_view::npos && command.find(" -i", sed) != std::string_view::npos;
}

bool redirects(std::string_view command) {
  const bool prints =
      command.find("echo ") != std::string_view::npos || command.find("printf ") != std::string_view::npos;
  return prints && (command.find('>') != std::string_view::npos || command.find("tee ") != std::string_view::npos);
}

}  // namespace

void match_heredoc(const FileContext& context, const Matchers& matchers, std::string_view command,
                   std::string_view line, std::uint32_t number, Collector& out) {
  judge_sql(context, matchers, line, number, out);
  const auto kind = target_of(command);
  if (kind != ConfigKind::none) judge_line(context, matchers, kind, line, number, out);
}

void match_written(const FileContext& context, const Matchers& matchers, const CommandText& command, Collector& out) {
  const std::string_view text = command.text;
  judge_sql(context, matchers, text, command.line_at(0), out);
  const bool edits = edits_in_place(text);
  if (!edits && !redirects(text)) return;
  const auto kind = target_of(text);
  const auto echo = text.find("echo ");
  const auto bare = echo == std::string_view::npos ? Literal{} : Literal{text.substr(echo + 5), echo + 5};
  if (!bare.text.empty() && bare.text.find_first_of("\"'") > bare.text.find('>'))
    judge_text(context, matchers, kind, {bare.text.substr(0, bare.text.find('>')), bare.begin}, command, out);
  std::size_t at = 0;
  for (int seen = 0; seen < most_literals; ++seen) {
    auto literal = next_literal(text, at);
    if (literal.begin == 0) return;
    at = literal.begin + literal.text.size() + 1;
    if (const auto put = replacement_of(literal); put.begin != 0)
      literal = put;
    else if (!redirects(text))
      continue;
    judge_text(context, matchers, kind, literal, command, out);
  }
}

}  // namespace dynascale::check
