#pragma once
/// Small helpers over text that is only looked at, never copied whole.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

/// Offsets of line starts, so that an offset becomes a line number in O(log n). Built when first asked: most files
/// never are. One thread.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text} {}
  /// From 1.
  [[nodiscard]] std::uint32_t line_of(std::size_t offset) const;
  [[nodiscard]] std::uint32_t column_of(std::size_t offset) const;
  /// The line without its line break; empty past the end.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(starts().size()); }

 private:
  [[nodiscard]] const std::vector<std::size_t>& starts() const;

  std::string_view text_;
  mutable std::vector<std::size_t> starts_;
};

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
/// Without one pair of enclosing quotes.
[[nodiscard]] std::string_view unquote(std::string_view text);
/// `*` matches any run of characters; everything else itself. Linear space, at worst quadratic time.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);
/// Valid UTF-8 of at most `limit` bytes: what is broken becomes '?', for output formats that demand UTF-8.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);

}  // namespace dynascale::check
