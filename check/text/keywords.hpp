#pragma once
/// Finds many keywords in one pass over a text (Wu and Manber 1994): a window as long as the shortest keyword slides
/// over the text, and the two bytes at its end say how far it may jump, so that most bytes are never looked at.
/// Immutable once built: thread-safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

class Keywords {
 public:
  struct Hit {
    std::uint32_t keyword;  ///< Index into the words given to the constructor.
    std::size_t offset;     ///< Of the first byte.
  };

  /// Words of at least two bytes; shorter ones are never found.
  explicit Keywords(std::vector<std::string> words);

  /// Every whole-word occurrence by ascending offset, at most `limit` of them. A word's neighbours must not be word
  /// characters where the word itself ends in one.
  [[nodiscard]] std::vector<Hit> find(std::string_view text, std::size_t limit) const;
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  void build();
  void match_at(std::string_view text, std::size_t begin, std::vector<Hit>& hits) const;
  [[nodiscard]] bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<std::string> words_;
  std::size_t window_ = 0;                                   ///< Length of the shortest word; 0 without words.
  std::vector<std::uint8_t> jump_;                           ///< By the pair of bytes at the window's end.
  std::vector<std::uint16_t> bucket_of_;                     ///< Pair of bytes -> bucket, 0 for none.
  std::vector<std::vector<std::uint32_t>> buckets_;          ///< Words whose window ends in that pair.
};

}  // namespace dynascale::check
