#include "core/exposition/sample_line.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <type_traits>

namespace dynascale::exposition {
namespace {

void skip_blanks(std::string_view& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }

std::string_view take_word(std::string_view& rest) {
  skip_blanks(rest);
  const auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value{};
  if (word.starts_with('+')) word.remove_prefix(1);
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (stop != word.data() + word.size() || word.empty()) return std::nullopt;
  // What is too small or too large for a double is no figure, and no mistake of the format.
  if constexpr (std::is_floating_point_v<Number>)
    if (error == std::errc::result_out_of_range) return std::numeric_limits<Number>::quiet_NaN();
  if (error != std::errc{}) return std::nullopt;
  return value;
}

Status take_labels(std::string_view& rest, std::vector<Label>& labels) {
  rest.remove_prefix(1);  // {
  for (;;) {
    skip_blanks(rest);
    if (rest.starts_with('}')) break;
    if (labels.size() == max_labels) return fail(Errc::limit_exceeded, "a series has more than 64 labels");
    Label label;
    label.name = take_name(rest, NameOf::label);
    skip_blanks(rest);
    if (label.name.empty() || !rest.starts_with('=')) return fail(Errc::corrupt, "a label is not NAME=\"VALUE\"");
    rest.remove_prefix(1);
    skip_blanks(rest);
    auto value = take_quoted(rest);
    if (!value) return tl::unexpected(value.error());
    label.value = std::move(*value);
    labels.push_back(std::move(label));
    skip_blanks(rest);
    if (!rest.starts_with(',')) break;
    rest.remove_prefix(1);
  }
  if (!rest.starts_with('}')) return fail(Errc::corrupt, "the labels of a series have no end");
  rest.remove_prefix(1);
  return {};
}

}  // namespace

Result<std::optional<SampleLine>> parse_sample(std::string_view line) {
  if (line.size() > max_line) return fail(Errc::limit_exceeded, "it is longer than 16 KiB");
  if (line.ends_with('\r')) line.remove_suffix(1);
  skip_blanks(line);
  if (line.empty() || line.starts_with('#')) return std::nullopt;
  SampleLine sample;
  sample.name = take_name(line, NameOf::series);
  if (sample.name.empty()) return fail(Errc::corrupt, "it does not begin with the name of a series");
  skip_blanks(line);
  if (line.starts_with('{'))
    if (auto taken = take_labels(line, sample.labels); !taken) return tl::unexpected(taken.error());
  const auto value = number<double>(take_word(line));
  if (!value) return fail(Errc::corrupt, "a series has no number");
  sample.value = *value;
  if (const auto time = take_word(line); !time.empty() && !number<std::int64_t>(time))
    return fail(Errc::corrupt, "the time of a series is no whole number");
  skip_blanks(line);
  if (!line.empty()) return fail(Errc::corrupt, "something stands behind the number of a series");
  return sample;
}

}  // namespace dynascale::exposition
