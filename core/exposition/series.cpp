#include "core/exposition/series.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dynascale::exposition {
namespace {

void skip_blanks(std::string_view& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }

bool take(std::string_view& rest, std::string_view token) {
  skip_blanks(rest);
  if (!rest.starts_with(token)) return false;
  rest.remove_prefix(token.size());
  return true;
}

tl::unexpected<Error> wrong(const char* expected) {
  return fail(Errc::invalid_argument, fmt::format("must be as jobs_waiting{{queue=\"mail\"}}: {}", expected));
}

Result<LabelMatch> take_match(std::string_view& rest) {
  LabelMatch match;
  skip_blanks(rest);
  match.name = take_name(rest, NameOf::label);
  if (match.name.empty()) return wrong("a label's name is expected");
  if (take(rest, "=~") || take(rest, "!~")) return wrong("patterns (=~, !~) are not understood");
  match.equal = !take(rest, "!=");
  if (match.equal && !take(rest, "=")) return wrong("= or != is expected after a label's name");
  skip_blanks(rest);
  auto value = take_quoted(rest);
  if (!value) return wrong("a label's value is expected in double quotes");
  match.value = std::move(*value);
  return match;
}

bool is_name_character(char c, NameOf what, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && c >= '0' && c <= '9') || (what == NameOf::series && c == ':');
}

}  // namespace

std::string_view take_name(std::string_view& rest, NameOf what) {
  std::size_t length = 0;
  while (length < rest.size() && is_name_character(rest[length], what, length == 0)) ++length;
  const auto name = rest.substr(0, length);
  rest.remove_prefix(length);
  return name;
}

Result<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('"')) return fail(Errc::corrupt, "a label's value is not in double quotes");
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"') {
      rest.remove_prefix(at + 1);
      return value;
    }
    if (rest[at] != '\\') {
      value += rest[at];
      continue;
    }
    if (++at == rest.size()) break;
    if (rest[at] != '\\' && rest[at] != '"' && rest[at] != 'n') break;
    value += rest[at] == 'n' ? '\n' : rest[at];
  }
  return fail(Errc::corrupt, "a label's value has no end, or an unknown escape");
}

Result<Series> parse_series(std::string_view text) {
  if (text.size() > max_series_text) return wrong("it is longer than 512 bytes");
  Series series{.text = std::string{text}, .name = {}, .labels = {}};
  auto rest = text;
  skip_blanks(rest);
  series.name = take_name(rest, NameOf::series);
  if (series.name.empty()) return wrong("it begins with the name of a series");
  if (take(rest, "{")) {
    while (!take(rest, "}")) {
      auto match = take_match(rest);
      if (!match) return tl::unexpected(match.error());
      series.labels.push_back(std::move(*match));
      if (take(rest, ",")) continue;
      if (!take(rest, "}")) return wrong("labels are separated by commas and end with }");
      break;
    }
  }
  skip_blanks(rest);
  if (!rest.empty()) return wrong("nothing stands behind the labels");
  return series;
}

bool matches(const std::vector<LabelMatch>& wanted, const std::vector<Label>& labels) {
  return std::ranges::all_of(wanted, [&](const LabelMatch& match) {
    const auto found = std::ranges::find(labels, match.name, &Label::name);
    const bool same = found == labels.end() ? match.value.empty() : found->value == match.value;
    return same == match.equal;
  });
}

}  // namespace dynascale::exposition
