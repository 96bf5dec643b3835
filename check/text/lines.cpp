#include "check/text/lines.hpp"

#include <algorithm>
#include <cstring>

namespace dynascale::check {
namespace {

/// Length of the UTF-8 sequence at the start of `text`, 0 when it is broken.
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead >= 0xF5 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90);
  return overlong || beyond ? 0 : length;
}

}  // namespace

const std::vector<std::size_t>& Lines::starts() const {
  if (!starts_.empty()) return starts_;
  starts_.push_back(0);
  const char* position = text_.data();
  const char* const end = position + text_.size();
  while (position < end) {
    const auto left = static_cast<std::size_t>(end - position);
    const auto* found = static_cast<const char*>(std::memchr(position, '\n', left));
    if (found == nullptr || found + 1 >= end) break;
    position = found + 1;
    starts_.push_back(static_cast<std::size_t>(position - text_.data()));
  }
  return starts_;
}

std::uint32_t Lines::line_of(std::size_t offset) const {
  const auto after = std::upper_bound(starts().begin(), starts().end(), offset);
  return static_cast<std::uint32_t>(after - starts().begin());
}

std::uint32_t Lines::column_of(std::size_t offset) const {
  return static_cast<std::uint32_t>(offset - starts()[line_of(offset) - 1] + 1);
}

std::string_view Lines::line(std::uint32_t number) const {
  if (number == 0 || number > starts().size()) return {};
  const auto begin = starts()[number - 1];
  auto end = number < starts().size() ? starts()[number] - 1 : text_.size();
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return text_.substr(begin, end - begin);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\f\v";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    const auto length = sequence_length(text);
    const auto take = std::max<std::size_t>(length, 1);
    if (out.size() + take > limit) break;
    const bool control =
        length == 1 && static_cast<unsigned char>(text.front()) < 0x20 && text.front() != '\t';
    if (length == 0 || control || text.front() == 0x7F)
      out.push_back('?');
    else
      out.append(text.substr(0, length));
    text.remove_prefix(take);
  }
  return out;
}

}  // namespace dynascale::check
